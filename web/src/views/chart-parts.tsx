/** What stands around a chart: its summary, what its marks mean, and what is marked, one by one. */

import type { JSX } from "preact";
import type { History } from "../house/history";
import { formatMoment, plural } from "../parts/format";
import { formatWithUnit } from "../parts/metrics";
import type { Drawn } from "./plot";

const LISTED = 100;
const ONE_READING_MS = 1; // times are drawn by the millisecond

export function summary(metric: string, { mean, unit, raw }: History): string {
  const values = mean.filter((value) => value !== null);
  if (values.length === 0) return "nothing was measured in this span";
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) [low, high] = [Math.min(low, value), Math.max(high, value)];
  const told = [low, high, values.at(-1)!].map((value) => formatWithUnit(metric, value, unit));
  return `${told[0]} to ${told[1]}, last ${told[2]}; ${plural(values.length, raw ? "reading" : "window")}`;
}

/** The point under the pointer, or where the arrow keys led. */
export function pointText(metric: string, { times, mean, low, high, marks, originals, unit, raw }: History, index: number): string {
  const at = times[index];
  if (at === undefined) return "";
  const of = (values: readonly (number | null)[]) => formatWithUnit(metric, values[index] ?? null, unit);
  const range = raw || mean[index] === null ? "" : ` (${of(low)} to ${of(high)})`;
  const before = originals[index] == null ? "" : `, was ${of(originals)}`;
  return [`${formatMoment(at * 1000)}: ${of(mean)}${range}${before}`, marks[index]].filter(Boolean).join(", ");
}

/** Only what is there to be seen is explained. */
export function Legend({ drawn }: { drawn: Drawn }): JSX.Element {
  const { history, moments, stretches = [], from, to } = drawn;
  const seen = ({ from: start, to: end }: { from: number; to: number }) => end >= from && start <= to;
  const kinds: readonly (readonly [string, string, boolean])[] = [
    ["marked", "suspect, late or corrected", history.marks.some((mark, index) => mark !== "" && history.mean[index] !== null)],
    ["bad", "bad, or before a correction", history.originals.some((value) => value !== null)],
    ["command", "command", moments.some(({ at }) => at >= from && at <= to)],
    ["alert", "alert", stretches.some((one) => one.kind === "alert" && seen(one))],
    ["correction", "corrected", stretches.some((one) => one.kind === "correction" && seen(one))],
  ];
  return <ul class="legend">{kinds.map(([kind, text, there]) => there && <li key={kind} data-mark={kind}>{text}</li>)}</ul>;
}

export function Marks({ history, metric, correct }: {
  history: History;
  metric: string;
  correct: (from: number, to: number) => void;
}): JSX.Element | null {
  const marked = history.times.flatMap((at, index) => (history.marks[index] ? [{ at: at * 1000, index }] : []));
  if (marked.length === 0) return null;
  return (
    <details>
      <summary>{plural(marked.length, "point is", "points are")} marked</summary>
      <ul class="marks">
        {marked.slice(-LISTED).map(({ at, index }) => (
          <li key={index}>
            {pointText(metric, history, index)}{" "}
            {history.raw && <button type="button" class="quiet small" onClick={() => correct(at, at + ONE_READING_MS)}>Correct this one</button>}
          </li>
        ))}
      </ul>
    </details>
  );
}
