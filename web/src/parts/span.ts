/** The span of time that all charts of a device show together: live up to now, or a stretch of the past. */

import { signal } from "@preact/signals";
import { serverNow } from "../data/clock";

export interface Span {
  from: number;
  to: number;
  /** Its end goes with the time. */
  live: boolean;
}

const LEAST_MS = 5000;
const MOST_MS = 20 * 365 * 86_400_000;
export const PRESETS: readonly (readonly [string, number])[] = [
  ["10 min", 600_000], ["1 h", 3_600_000], ["1 day", 86_400_000], ["1 week", 604_800_000], ["1 month", 2_592_000_000], ["1 year", 31_536_000_000],
];

export const span = signal<Span>(latest(600_000));

export function latest(length: number): Span {
  const to = serverNow();
  return { from: to - length, to, live: true };
}

/** Zoom by a factor around a place of the span, 0 (start) to 1 (end): below 1 looks closer. */
export function zoomed({ from, to, live }: Span, factor: number, around: number, now: number): Span {
  const length = Math.min(MOST_MS, Math.max(LEAST_MS, (to - from) * factor));
  const pivot = from + (to - from) * around;
  const start = pivot - length * around;
  if (live && around > 0.95) return { from: now - length, to: now, live: true };
  return kept({ from: start, to: start + length, live: false }, now);
}

/** Move by a share of the span. */
export function moved({ from, to }: Span, share: number, now: number): Span {
  const by = (to - from) * share;
  return kept({ from: from + by, to: to + by, live: false }, now);
}

/** A live span as it is now. */
export function advanced({ from, to, live }: Span, now: number): Span {
  return live ? { from: now - (to - from), to: now, live } : { from, to, live };
}

/** Nothing is beyond now: who comes there is live again. */
function kept({ from, to }: Span, now: number): Span {
  return to >= now ? { from: now - (to - from), to: now, live: true } : { from, to, live: false };
}
