/** Fetches the last minutes of the sensors that come into sight, a few at a time, so that their sparklines do not start empty. */

import { request, UnreachableError } from "../data/request";
import { RECENT } from "./documents";
import type { Device, Latest } from "./store";
import { SPAN_MS, STEP_MS, type Trend } from "./trend";

const BATCH = 20;
const REST_MS = 10_000; // after a failure

interface Wanted {
  deviceId: string;
  latest: Latest;
}

export class Recent {
  #queue: Wanted[] = [];
  #asked = new Set<Trend>();
  #busy = false;
  #restsUntil = 0;

  constructor(private readonly now: () => number, private readonly failed: (error: unknown) => void) {}

  /** A device is in sight: get what was not yet asked for. */
  want(device: Device): void {
    if (this.now() < this.#restsUntil) return;
    for (const latest of device.latest.values()) {
      if (this.#asked.has(latest.trend)) continue;
      this.#asked.add(latest.trend);
      this.#queue.push({ deviceId: device.id, latest });
    }
    if (!this.#busy) void this.#drain();
  }

  /** After a gap all must be asked for again. */
  forget(): void {
    this.#asked.clear();
    this.#queue = [];
  }

  async #drain(): Promise<void> {
    this.#busy = true;
    try {
      while (this.#queue.length > 0) await this.#fetch(this.#queue.splice(0, BATCH));
    } catch (error) {
      this.forget();
      this.#restsUntil = this.now() + REST_MS;
      if (!(error instanceof UnreachableError)) this.failed(error);
    } finally {
      this.#busy = false;
    }
  }

  async #fetch(batch: Wanted[]): Promise<void> {
    const selectors = batch.map(({ deviceId, latest: { sensorId, metric } }) => ({ deviceId, sensorId, metric }));
    const moment = (at: number) => new Date(at).toISOString();
    const [from, to] = [moment(this.now() - SPAN_MS), moment(this.now() + STEP_MS)];
    const { series } = await request(RECENT, { selectors, from, to, window: `PT${STEP_MS / 1000}S` });
    for (const { deviceId, sensorId, metric, buckets } of series) {
      const wanted = batch.find((one) => one.deviceId === deviceId && one.latest.key === `${sensorId} ${metric}`);
      wanted?.latest.trend.fill(buckets);
    }
  }
}
