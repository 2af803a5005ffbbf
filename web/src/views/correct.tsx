/** Put a reading or a stretch of one series right: looked at first, then decided, with a reason. What was sent stays as it came. */

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { nameOf, store } from "../data/app";
import { request, succeeded } from "../data/request";
import { CORRECT, type Look } from "../house/device-documents";
import { type CorrectionDraft, correctionOf, draftOver, OPERATIONS, type Operation, takesAmount } from "../house/correction";
import { correctedAt, type Selector } from "../house/history";
import { plural } from "../parts/format";
import { formatWithUnit, hasOtherZero, metricLabel, ownUnitLabel, unitLabel } from "../parts/metrics";
import { Act, Dialog } from "../parts/ui";

export interface Stretched {
  selector: Selector;
  from: number;
  to: number;
}

export function Correct({ of: { selector, from, to }, close, done }: { of: Stretched; close: () => void; done: () => void }): JSX.Element {
  const [draft, setDraft] = useState<CorrectionDraft>(() => draftOver(from, to));
  const [look, setLook] = useState<Look | null>(null);
  const [error, setError] = useState("");
  const { deviceId, sensorId, metric } = selector;
  const device = store.devices.get(deviceId);
  const unit = device?.latest.get(`${sensorId} ${metric}`)?.unit ?? null;
  const change = (part: Partial<CorrectionDraft>) => (setDraft({ ...draft, ...part }), setLook(null), setError(""));
  const send = async (dryRun: boolean) => {
    const input = { ...correctionOf(selector, draft, unit), dryRun };
    return succeeded((await request(CORRECT, { input })).correctReadings);
  };
  const decide = async () => {
    correctedAt.value = (await send(false)).cursor;
    done();
    close();
  };
  const lacks = takesAmount(draft.operation) && draft.amount.trim() === "" ? "Say first by how much." : draft.reason.trim() === "" && "Say first why.";
  return (
    <Dialog title={`Correct ${metricLabel(metric)} of ${device === undefined ? deviceId : nameOf(device)}`} close={close}>
      <form class="form" onSubmit={(event) => event.preventDefault()}>
        <label>From<input type="datetime-local" step="any" value={draft.from} onInput={(event) => change({ from: event.currentTarget.value })} /></label>
        <label>Until<input type="datetime-local" step="any" value={draft.to} onInput={(event) => change({ to: event.currentTarget.value })} /></label>
        <p class="hint wide-row">Left empty: from the first reading on, or from now on for ever.</p>
        <label>What to do<select value={draft.operation} onChange={(event) => change({ operation: event.currentTarget.value as Operation })}>
          {OPERATIONS.map(([operation, text]) => <option key={operation} value={operation}>{text}</option>)}
        </select></label>
        {takesAmount(draft.operation) && (
          <label>{amountLabel(draft.operation, unit)}
            <input inputMode="decimal" value={draft.amount} onInput={(event) => change({ amount: event.currentTarget.value })} /></label>
        )}
        <label class="wide-row">Why<input value={draft.reason} maxLength={500} placeholder="such as: the probe hung in the sun"
          onInput={(event) => change({ reason: event.currentTarget.value })} /></label>
        {look !== null && <p class="wide-row" role="status">{told(look, metric)}</p>}
        <p class="error wide-row" role="alert">{error}</p>
        <div class="acts">
          <Act run={async () => setLook((await send(true)).preview)} failed={setError} lacks={lacks}>Look first</Act>
          <Act class="primary" run={decide} failed={setError} lacks={lacks}>Correct</Act>
        </div>
      </form>
    </Dialog>
  );
}

function amountLabel(operation: Operation, unit: string | null): string {
  if (operation === "SCALE") return hasOtherZero(unit) ? `By (of the value in ${ownUnitLabel(unit)})` : "By";
  return unitLabel(unit) === "" ? "Amount" : `Amount (${unitLabel(unit)})`;
}

function told({ readings, changed, healed, spoiled, before, after, unit }: Look, metric: string): string {
  const mean = (value: number | null) => formatWithUnit(metric, value, unit);
  const turned = [healed > 0 ? `${healed} bad ones would count` : "", spoiled > 0 ? `${spoiled} would be bad` : ""].filter(Boolean);
  const means = after.count > 0 ? ` The mean goes from ${mean(before.mean)} to ${mean(after.mean)}.` : "";
  return `Of ${plural(readings, "reading")} ${changed} would change${turned.map((one) => `; ${one}`).join("")}.${means}`;
}
