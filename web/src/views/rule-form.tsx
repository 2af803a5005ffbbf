/** A rule to define or to change, with what it would have said of the past before it is saved. */

import type { InputHTMLAttributes, JSX } from "preact";
import { useState } from "preact/hooks";
import { store } from "../data/app";
import { request, succeeded } from "../data/request";
import { DEFINE_RULE, type Draft, inputOf, type Kind } from "../house/rule";
import { byName } from "../parts/format";
import { idFrom } from "../parts/ids";
import { COMPUTED, metricLabel, metricRank, unitLabel } from "../parts/metrics";
import { Suggestions } from "../parts/places";
import { addressOf, go } from "../parts/router";
import { Act } from "../parts/ui";
import { Preview } from "./preview";

const KINDS: readonly (readonly [Kind, string])[] = [
  ["threshold", "a reading is beyond a limit"], ["minutes", "the mean of a minute is beyond a limit"],
  ["rate", "a value changes too fast"], ["trend", "a value goes up or down for long"], ["anomaly", "an hour is unlike the days before"],
  ["silence", "a device says nothing"],
];
type Text = { [K in keyof Draft]: Draft[K] extends string ? K : never }[keyof Draft];

export function RuleForm({ start, saved }: { start: Draft; saved: () => void }): JSX.Element {
  const [draft, setDraft] = useState(start);
  const [preview, setPreview] = useState<Draft | null>(null);
  const unit = unitOf(draft.metric) ?? (draft.metric === start.metric ? start.unit : null);
  const [error, setError] = useState("");
  const isNew = start.id === "";
  const change = (part: Partial<Draft>) => (setDraft({ ...draft, ...part }), setError(""));
  const lacks = draft.id === "" && (draft.name.trim() === "" ? "Give the rule a name first." : "Give the rule an id first: letters, digits, _ . or -");
  const look = async () => (setError(""), setPreview(draft));
  const field = (name: Text, label: string, more: InputHTMLAttributes<HTMLInputElement> = {}) => (
    <label>{label}<input {...more} value={draft[name]} onInput={(event) => change({ [name]: event.currentTarget.value })} /></label>
  );
  const rename = (name: string) => change(isNew ? { name, id: idFrom(name) } : { name });
  const save = async () => {
    succeeded((await request(DEFINE_RULE, { input: inputOf(draft, unit) })).defineAlertRule);
    saved();
    go("rules");
  };
  const moves = draft.kind === "rate" || draft.kind === "trend";
  const told = unitLabel(unit) === "" ? "" : ` (${unitLabel(unit)}${moves ? " an hour" : ""})`;
  const measured = draft.kind !== "silence";
  const limits = measured && draft.kind !== "anomaly";
  return (
    <>
      <header class="view-head"><h1>{isNew ? "New rule" : start.name}</h1><a href={addressOf("rules")}>All rules</a></header>
      <Suggestions />
      <form class="panel stack" aria-label="Rule" onSubmit={(event) => event.preventDefault()}>
        <fieldset class="form">
          <legend>What it is called</legend>
          <label>Name<input value={draft.name} maxLength={100} placeholder="Too warm for tomatoes" onInput={(event) => rename(event.currentTarget.value)} /></label>
          {field("id", "Id", { required: true, readOnly: !isNew, pattern: "[A-Za-z0-9][A-Za-z0-9_.\\-]{0,63}" })}
          <label>How much it matters<select value={draft.severity}
            onChange={(event) => change({ severity: event.currentTarget.value as Draft["severity"] })}>
            <option value="INFO">Good to know</option><option value="WARNING">Look soon</option><option value="CRITICAL">Look now</option>
          </select></label>
        </fieldset>
        <fieldset class="form">
          <legend>What must not be</legend>
          <label class="broad">It is an alert when<select value={draft.kind} onChange={(event) => change({ kind: event.currentTarget.value as Kind })}>
            {KINDS.map(([kind, text]) => <option key={kind} value={kind}>{text}</option>)}
          </select></label>
          {measured && <Metric value={draft.metric} choose={(metric) => change({ metric })} />}
          {limits && field("above", `Above${told}`, { inputMode: "decimal" })}
          {limits && field("below", `Below${told}`, { inputMode: "decimal" })}
          {draft.kind === "anomaly" && <label>From how unusual on<select value={draft.unusual}
            onChange={(event) => change({ unusual: event.currentTarget.value as Draft["unusual"] })}>
            <option value="MINOR">one hour in a hundred</option><option value="MAJOR">one hour in five hundred</option>
            <option value="CRITICAL">hardly any but faults</option>
          </select></label>}
          {moves && field("over", "Over the last minutes", { inputMode: "decimal" })}
          {field("for", "For so many minutes", { inputMode: "decimal" })}
        </fieldset>
        <fieldset class="form">
          <legend>When it is over</legend>
          {limits && field("hysteresis", `Back inside by${told}`, { inputMode: "decimal" })}
          {measured && field("clearFor", "Over after minutes inside", { inputMode: "decimal" })}
          {measured && field("againWithin", "Same alert within minutes", { inputMode: "decimal" })}
          {!measured && <p class="plain">With the first word of the device.</p>}
        </fieldset>
        <fieldset class="form">
          <legend>Where and when</legend>
          {field("location", "At or below the place", { placeholder: "the whole house", list: "all-places" })}
          {field("deviceId", "Only the device", { placeholder: "all", list: "all-devices" })}
          {measured && field("sensorId", "Only the sensor", { placeholder: "all" })}
          {measured && field("hoursFrom", "In force from", { type: "time" })}
          {measured && field("hoursTo", "In force until", { type: "time" })}
          <label class="tick"><input type="checkbox" checked={draft.enabled} onChange={(event) => change({ enabled: event.currentTarget.checked })} />In force</label>
          {measured && <label class="tick"><input type="checkbox" checked={draft.backfill} onChange={(event) => change({ backfill: event.currentTarget.checked })} />History that is imported counts, too</label>}
        </fieldset>
        <p class="error" role="alert">{error}</p>
        <div class="acts">
          <Act run={look} failed={setError} lacks={lacks}>Preview over the past</Act>
          <Act class="primary" run={save} failed={setError} lacks={lacks}>Save</Act>
        </div>
      </form>
      {preview !== null && <Preview key={JSON.stringify(preview)} draft={preview} unit={unit} failed={(reason) => (setError(reason), setPreview(null))} />}
    </>
  );
}

function Metric({ value, choose }: { value: string; choose: (metric: string) => void }): JSX.Element {
  const measured = new Set(everything().map(({ metric }) => metric));
  const computed = Object.keys(COMPUTED).filter((name) => COMPUTED[name]!.of.every((input) => measured.has(input)));
  const sorted = [...new Set([value, ...measured, ...computed])].sort((a, b) => metricRank(a) - metricRank(b) || byName(a, b));
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
  return everything().find((one) => one.metric === metric)?.unit ?? COMPUTED[metric]?.unit ?? null;
}
