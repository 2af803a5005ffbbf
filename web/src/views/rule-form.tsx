/** A rule to define or to change, with what it would have said of the past before it is saved. */

import type { InputHTMLAttributes, JSX } from "preact";
import { useState } from "preact/hooks";
import { store } from "../data/app";
import { request, succeeded } from "../data/request";
import { DEFINE_RULE, type Draft, inputOf, type Kind } from "../house/rule";
import { byName } from "../parts/format";
import { metricLabel, metricRank, unitLabel } from "../parts/metrics";
import { addressOf, go } from "../parts/router";
import { Act } from "../parts/ui";
import { Preview } from "./preview";

const KINDS: readonly (readonly [Kind, string])[] = [
  ["threshold", "a reading is beyond a limit"], ["minutes", "the mean of a minute is beyond a limit"],
  ["rate", "a value changes too fast"], ["trend", "a value goes up or down for long"], ["silence", "a device says nothing"],
];
type Text = { [K in keyof Draft]: Draft[K] extends string ? K : never }[keyof Draft];

export function RuleForm({ start, saved }: { start: Draft; saved: () => void }): JSX.Element {
  const [draft, setDraft] = useState(start);
  const [preview, setPreview] = useState<Draft | null>(null);
  const unit = unitOf(draft.metric);
  const change = (part: Partial<Draft>) => setDraft({ ...draft, ...part });
  const field = (name: Text, label: string, more: InputHTMLAttributes<HTMLInputElement> = {}) => (
    <label>{label}<input {...more} value={draft[name]} onInput={(event) => change({ [name]: event.currentTarget.value })} /></label>
  );
  const save = async () => {
    succeeded((await request(DEFINE_RULE, { input: inputOf(draft, unit) })).defineAlertRule);
    saved();
    go("rules");
  };
  const told = unitLabel(unit) === "" ? "" : ` (${unitLabel(unit)}${draft.kind === "rate" || draft.kind === "trend" ? " an hour" : ""})`;
  const limits = draft.kind !== "silence";
  return (
    <>
      <header class="view-head"><h1>{start.id === "" ? "New rule" : start.name}</h1><a href={addressOf("rules")}>All rules</a></header>
      <form class="panel form" aria-label="Rule" onSubmit={(event) => event.preventDefault()}>
        {field("id", "Id", { required: true, readOnly: start.id !== "", pattern: "[A-Za-z0-9][A-Za-z0-9_.\\-]{0,63}" })}
        {field("name", "Name")}
        <label>It is an alert when<select value={draft.kind} onChange={(event) => change({ kind: event.currentTarget.value as Kind })}>
          {KINDS.map(([kind, text]) => <option key={kind} value={kind}>{text}</option>)}
        </select></label>
        {limits && <Metric value={draft.metric} choose={(metric) => change({ metric })} />}
        {limits && field("above", `Above${told}`, { inputMode: "decimal" })}
        {limits && field("below", `Below${told}`, { inputMode: "decimal" })}
        {limits && field("hysteresis", `Back inside by${told}`, { inputMode: "decimal" })}
        {(draft.kind === "rate" || draft.kind === "trend") && field("over", "Over the last minutes", { inputMode: "decimal" })}
        {field("for", "For so many minutes", { inputMode: "decimal" })}
        {field("clearFor", "Over after minutes inside", { inputMode: "decimal" })}
        {field("againWithin", "Same alert within minutes", { inputMode: "decimal" })}
        {field("location", "At or below the place", { placeholder: "the whole house" })}
        {field("deviceId", "Only the device", { placeholder: "all" })}
        {field("sensorId", "Only the sensor", { placeholder: "all" })}
        <label>How much it matters<select value={draft.severity}
          onChange={(event) => change({ severity: event.currentTarget.value as Draft["severity"] })}>
          <option value="INFO">Good to know</option><option value="WARNING">Look soon</option><option value="CRITICAL">Look now</option>
        </select></label>
        <label>In force<select value={String(draft.enabled)} onChange={(event) => change({ enabled: event.currentTarget.value === "true" })}>
          <option value="true">yes</option><option value="false">no</option>
        </select></label>
        <div class="acts">
          <button type="button" disabled={draft.id === ""} onClick={() => setPreview(draft)}>Preview over the past</button>
          <Act class="primary" run={save} disabled={draft.id === ""}>Save</Act>
        </div>
      </form>
      {preview !== null && <Preview key={JSON.stringify(preview)} draft={preview} unit={unit} />}
    </>
  );
}

function Metric({ value, choose }: { value: string; choose: (metric: string) => void }): JSX.Element {
  const names = new Set([value, ...everything().map(({ metric }) => metric)]);
  const sorted = [...names].sort((a, b) => metricRank(a) - metricRank(b) || byName(a, b));
  return (
    <label>Metric<select value={value} onChange={(event) => choose(event.currentTarget.value)}>
      {sorted.map((one) => <option key={one} value={one}>{metricLabel(one)}</option>)}
    </select></label>
  );
}

function everything() {
  return [...store.devices.values()].flatMap(({ latest }) => [...latest.values()]);
}

function unitOf(metric: string): string | null {
  return everything().find((one) => one.metric === metric)?.unit ?? null;
}
