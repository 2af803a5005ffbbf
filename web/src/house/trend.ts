/** The last minutes of one series: means of short buckets, and the line they draw. Bounded, and whatever the order. */

export const SPAN_MS = 600_000;
export const STEP_MS = 10_000;
const LEAST_SPAN_MS = 60_000; // a young series does not pretend to fill ten minutes
const [WIDTH, HEIGHT, MARGIN] = [100, 24, 2];

export interface PastBucket {
  start: string;
  count: number;
  mean: number | null;
}

export class Trend {
  /** Start of a bucket -> what fell into it. */
  #buckets = new Map<number, { sum: number; count: number }>();

  add(at: number, value: number, now: number): void {
    if (at <= now - SPAN_MS || at > now + STEP_MS) return;
    const start = Math.floor(at / STEP_MS) * STEP_MS;
    const bucket = this.#buckets.get(start);
    if (bucket !== undefined) {
      bucket.sum += value;
      bucket.count += 1;
      return;
    }
    this.#buckets.set(start, { sum: value, count: 1 });
    this.#forget(now);
  }

  /** Take over what the history knows, where it knows more. */
  fill(buckets: readonly PastBucket[]): void {
    for (const { start, count, mean } of buckets) {
      const at = Date.parse(start);
      if (mean !== null && count > (this.#buckets.get(at)?.count ?? 0)) this.#buckets.set(at, { sum: mean * count, count });
    }
  }

  /** The line and the area below it as SVG paths in a box of 100 by 24; empty with fewer than two points. */
  paths(now: number): { line: string; area: string } {
    this.#forget(now);
    const points = [...this.#buckets].map(([at, { sum, count }]) => [at, sum / count] as const).sort(([a], [b]) => a - b);
    const first = points[0];
    if (first === undefined || points.length < 2) return { line: "", area: "" };
    const values = points.map(([, value]) => value);
    const [low, high] = [Math.min(...values), Math.max(...values)];
    const span = Math.max(LEAST_SPAN_MS, now - first[0]);
    const x = (at: number) => round(WIDTH * Math.min(1, 1 - (now - at - STEP_MS) / span));
    const y = (value: number) => round(high === low ? HEIGHT / 2 : across(low, high, value));
    const line = points.map(([at, value], index) => `${index === 0 ? "M" : "L"}${x(at)} ${y(value)}`).join("");
    return { line, area: `${line}V${HEIGHT}H${x(first[0])}Z` };
  }

  #forget(now: number): void {
    for (const start of this.#buckets.keys()) if (start <= now - SPAN_MS) this.#buckets.delete(start);
  }
}

const round = (number: number) => Math.round(number * 10) / 10;

function across(low: number, high: number, value: number): number {
  return HEIGHT - MARGIN - ((value - low) / (high - low)) * (HEIGHT - 2 * MARGIN);
}
