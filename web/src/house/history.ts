/** The history of one series over any span: raw readings where these are few, windows of a fitting length where not. */

import { signal } from "@preact/signals";
import type { ResultOf } from "../data/graphql";
import { request } from "../data/request";
import { formatSpan } from "../parts/format";
import { RAW, WINDOWS } from "./device-documents";

/** One column a figure, times in epoch seconds; what is missing is null. */
export interface History {
  raw: boolean;
  unit: string | null;
  times: number[];
  mean: (number | null)[];
  low: (number | null)[];
  high: (number | null)[];
  /** Of each point: how it is marked, in words; empty where there is nothing to say. */
  marks: string[];
  /** Before a correction; null where nothing was corrected. */
  originals: (number | null)[];
}

export interface Selector {
  deviceId: string;
  sensorId: string;
  metric: string;
}

/** The place in the log of the last correction made here: charts show the history no older than that. */
export const correctedAt = signal<string | null>(null);

const LATE_MS = 60_000;
const RAW_UP_TO_MS = 20 * 60_000;
const POINTS = 600;
/** Windows that the history keeps or merges well, in seconds, with their names. */
const WINDOW_SECONDS: readonly (readonly [number, string])[] = [
  [10, "PT10S"], [60, "PT1M"], [300, "PT5M"], [900, "PT15M"], [3600, "PT1H"], [21_600, "PT6H"], [86_400, "P1D"],
];

/** The shortest window that draws a span with a few hundred points. */
export function windowFor(spanMs: number): string {
  const fitting = WINDOW_SECONDS.find(([seconds]) => spanMs / 1000 / seconds <= POINTS);
  return (fitting ?? WINDOW_SECONDS[WINDOW_SECONDS.length - 1]!)[1];
}

export async function readHistory(selector: Selector, fromMs: number, toMs: number, abort: AbortSignal): Promise<History> {
  const span = { selectors: [selector], from: moment(fromMs), to: moment(toMs), atLeast: correctedAt.peek() };
  if (toMs - fromMs > RAW_UP_TO_MS) {
    const { series } = await request(WINDOWS, { ...span, window: windowFor(toMs - fromMs) }, abort);
    return ofWindows(series[0]);
  }
  const { readingColumns, readings } = await request(RAW, { ...span, ...selector }, abort);
  return ofReadings(readingColumns[0], readings.nodes);
}

type Arrived = ResultOf<typeof RAW>["readings"]["nodes"];

function ofReadings(columns: ResultOf<typeof RAW>["readingColumns"][number] | undefined, arrived: Arrived): History {
  if (columns === undefined) return nothing();
  const { unit, times, values, originals, qualities, corrections, verdicts, eventIds } = columns;
  const late = new Map(arrived.map((one) => [one.eventId, lateness(one)]));
  const marks = qualities.map((quality, index) => {
    const told = [
      quality === "GOOD" ? "" : quality.toLowerCase(),
      verdicts[index] ?? "",
      corrections[index] === null ? "" : "corrected",
      late.get(eventIds[index] ?? "") ?? "",
    ];
    return told.filter(Boolean).join(", ");
  });
  const sound = values.map((value, index) => (qualities[index] === "BAD" ? null : value));
  const before = originals.map((value, index) => (qualities[index] === "BAD" ? values[index] ?? null : corrections[index] === null ? null : value));
  return { raw: true, unit, times: times.map(seconds), mean: sound, low: [...sound], high: [...sound], marks, originals: before };
}

function ofWindows(series: ResultOf<typeof WINDOWS>["series"][number] | undefined): History {
  if (series === undefined) return nothing();
  const { times, mean, low, high, bad, suspected, revisions } = series.columns;
  const marks = times.map((_, index) => {
    const told = [
      bad[index] ? `${bad[index]} bad` : "",
      suspected[index] ? `${suspected[index]} suspect` : "",
      revisions[index] ? `${revisions[index]} late or corrected` : "",
    ];
    return told.filter(Boolean).join(", ");
  });
  return { raw: false, unit: series.unit, times: times.map(seconds), mean: [...mean], low: [...low], high: [...high], marks, originals: times.map(() => null) };
}

/** "arrived 3 min late", or nothing. */
function lateness({ timestamp, recordedAt }: { timestamp: string; recordedAt: string }): string {
  const milliseconds = Date.parse(recordedAt) - Date.parse(timestamp);
  return milliseconds > LATE_MS ? `arrived ${formatSpan(milliseconds)} late` : "";
}

/** Where nothing was measured; it may grow. */
export function nothing(): History {
  return { raw: true, unit: null, times: [], mean: [], low: [], high: [], marks: [], originals: [] };
}

function seconds(time: string): number {
  return Date.parse(time) / 1000;
}

function moment(at: number): string {
  return new Date(at).toISOString();
}
