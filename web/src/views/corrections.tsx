/** What people said of a device's readings: what, for when, who, and why; taken back here. */

import type { JSX } from "preact";
import { store } from "../data/app";
import { request, succeeded } from "../data/request";
import { CORRECT, type Correction } from "../house/device-documents";
import { correctedAt } from "../house/history";
import { personOf } from "../house/people";
import { formatMoment } from "../parts/format";
import { formatWithUnit, metricLabel, shownDifference, unitLabel } from "../parts/metrics";
import { Act, Time } from "../parts/ui";

export function Corrections({ device, corrections, changed }: {
  device: string;
  corrections: readonly Correction[];
  changed: () => void;
}): JSX.Element | null {
  if (corrections.length === 0) return null;
  return (
    <section class="panel" id="corrections">
      <h2>Corrections</h2>
      <ul class="log">
        {corrections.map((one) => (
          <li key={one.id}>
            <Time at={one.decidedAt} />
            <span>
              {metricLabel(one.metric)}{one.sensorId !== null && ` of ${one.sensorId}`} {stretch(one)}: {effect(one, unitOf(device, one.metric))},
              “{one.reason}” <small>by {one.actor === null ? "somebody" : personOf(one.actor)}</small>{" "}
              {one.operation !== "RESTORE" && <Act class="quiet small" run={() => takeBack(device, one).then(changed)}>Take it back</Act>}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** To undo is a decision, too: from then on what was sent counts. */
async function takeBack(deviceId: string, { sensorId, metric, from, to, reason }: Correction): Promise<void> {
  const input = { deviceId, sensorId, metric, from, to, operation: "RESTORE" as const, reason: `taken back: ${reason}`.slice(0, 500) };
  correctedAt.value = succeeded((await request(CORRECT, { input })).correctReadings).cursor;
}

function stretch({ from, to }: Correction): string {
  if (from === null && to === null) return "at all times";
  if (from === null) return `up to ${formatMoment(to!)}`;
  return to === null ? `from ${formatMoment(from)} on` : `from ${formatMoment(from)} to ${formatMoment(to)}`;
}

function effect({ operation, amount, metric }: Correction, unit: string | null): string {
  const value = amount ?? 0;
  switch (operation) {
    case "EXCLUDE":
      return "not counted";
    case "RESTORE":
      return "as it was sent";
    case "SCALE":
      return `multiplied by ${value}`;
    case "REPLACE":
      return `set to ${formatWithUnit(metric, value, unit)}`;
    case "OFFSET":
      return `${value < 0 ? "" : "+"}${Number(shownDifference(value, unit).toPrecision(4))} ${unitLabel(unit)}`;
  }
}

function unitOf(device: string, metric: string): string | null {
  return [...(store.devices.get(device)?.latest.values() ?? [])].find((one) => one.metric === metric)?.unit ?? null;
}
