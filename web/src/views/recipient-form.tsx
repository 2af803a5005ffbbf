/** Somebody to tell, or to tell otherwise. */

import type { InputHTMLAttributes, JSX } from "preact";
import { useState } from "preact/hooks";
import { request, succeeded } from "../data/request";
import { DEFINE_RECIPIENT, type Draft, inputOf, type Recipient } from "../house/recipient";
import { idFrom } from "../parts/ids";
import { Suggestions } from "../parts/places";
import { addressOf, go } from "../parts/router";
import { Act } from "../parts/ui";

type Text = { [K in keyof Draft]: Draft[K] extends string ? K : never }[keyof Draft];
type Switch = { [K in keyof Draft]: Draft[K] extends boolean ? K : never }[keyof Draft];

export function RecipientForm({ start, others, saved }: { start: Draft; others: readonly Recipient[]; saved: () => void }): JSX.Element {
  const [draft, setDraft] = useState(start);
  const [error, setError] = useState("");
  const isNew = start.id === "";
  const change = (part: Partial<Draft>) => (setDraft({ ...draft, ...part }), setError(""));
  const field = (name: Text, label: string, more: InputHTMLAttributes<HTMLInputElement> = {}) => (
    <label>{label}<input {...more} value={draft[name]} onInput={(event) => change({ [name]: event.currentTarget.value })} /></label>
  );
  const tick = (name: Switch, label: string) => (
    <label class="tick"><input type="checkbox" checked={draft[name]} onChange={(event) => change({ [name]: event.currentTarget.checked })} />{label}</label>
  );
  const rename = (name: string) => change(isNew ? { name, id: idFrom(name) } : { name });
  const save = async () => {
    succeeded((await request(DEFINE_RECIPIENT, { input: inputOf(draft) })).defineRecipient);
    saved();
    go("recipients");
  };
  const lacks = draft.id === "" ? "Give a name and an id first." : draft.targets.trim() === "" && "Say first by what: a name of a target in the settings.";
  return (
    <>
      <header class="view-head"><h1>{isNew ? "New recipient" : start.name}</h1><a href={addressOf("recipients")}>All who are told</a></header>
      <Suggestions />
      <datalist id="known-targets">{[...new Set(others.flatMap(({ targets }) => targets))].map((one) => <option key={one} value={one} />)}</datalist>
      <form class="panel stack" aria-label="Recipient" onSubmit={(event) => event.preventDefault()}>
        <fieldset class="form">
          <legend>Who, and by what</legend>
          <label>Name<input value={draft.name} maxLength={100} onInput={(event) => rename(event.currentTarget.value)} /></label>
          {field("id", "Id", { readOnly: !isNew })}
          {field("targets", "Told by", { placeholder: "ada-phone, office-mail", list: "known-targets", "aria-describedby": "targets-hint" })}
          <p class="hint wide-row" id="targets-hint">Names of the house's settings (<code>[notify]</code> in glasshouse.toml), with commas between. They hold
            the addresses, which the page never sees.</p>
        </fieldset>
        <fieldset class="form">
          <legend>Of what</legend>
          <label>From<select value={draft.least} onChange={(event) => change({ least: event.currentTarget.value as Draft["least"] })}>
            <option value="INFO">info up: everything</option><option value="WARNING">warning up</option><option value="CRITICAL">critical alone</option>
          </select></label>
          {field("location", "At or below the place", { placeholder: "the whole house", list: "all-places" })}
          {field("deviceId", "Only the device", { placeholder: "all", list: "all-devices" })}
        </fieldset>
        <fieldset class="form">
          <legend>When to leave alone</legend>
          {field("quietFrom", "Quiet from", { type: "time" })}
          {field("quietTo", "Quiet until", { type: "time" })}
          {field("timeZone", "By the clocks of", { placeholder: "Europe/Rome" })}
          {tick("criticalAnyHour", "Wake for what is critical")}
        </fieldset>
        <fieldset class="form">
          <legend>When nobody acknowledges</legend>
          <label>Then tell<select value={draft.escalateTo} onChange={(event) => change({ escalateTo: event.currentTarget.value })}>
            <option value="">nobody else</option>
            {others.filter(({ id }) => id !== draft.id).map(({ id, name }) => <option key={id} value={id}>{name}</option>)}
          </select></label>
          {draft.escalateTo !== "" && field("escalateAfter", "After minutes", { inputMode: "decimal" })}
          {tick("onlyEscalated", "Told only where others did not look")}
          {tick("enabled", "Is told at all")}
        </fieldset>
        <p class="error" role="alert">{error}</p>
        <div class="acts"><Act class="primary" run={save} failed={setError} lacks={lacks}>Save</Act></div>
      </form>
    </>
  );
}
