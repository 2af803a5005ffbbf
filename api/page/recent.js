/** Fetches the last minutes of the sensors that come into sight, a few at a time, so that their sparklines do not start empty. */

import { request, UnreachableError } from "./graphql.js";
import { RECENT } from "./queries.js";
import { SPAN_MS, STEP_MS } from "./trend.js";

const BATCH = 20;
const REST_MS = 10_000; // after a failure

/** @typedef {import("./store.js").Device} Device @typedef {import("./store.js").Latest} Latest */

export class Recent {
  /** @type {{deviceId: string, latest: Latest}[]} */ #queue = [];
  /** Series that were asked for. @type {Set<import("./trend.js").Trend>} */ #asked = new Set();
  #busy = false;
  #restsUntil = 0;

  /** @param {() => number} now @param {(deviceId: string) => void} filled @param {(error: unknown) => void} failed */
  constructor(now, filled, failed) {
    this.now = now;
    this.filled = filled;
    this.failed = failed;
  }

  /** A device is in sight: get what was not yet asked for. @param {Device} device */
  want(device) {
    if (this.now() < this.#restsUntil) return;
    for (const latest of device.latest.values()) {
      if (this.#asked.has(latest.trend)) continue;
      this.#asked.add(latest.trend);
      this.#queue.push({ deviceId: device.id, latest });
    }
    if (!this.#busy) this.#drain();
  }

  /** After a gap all must be asked for again. */
  forget() {
    this.#asked.clear();
    this.#queue = [];
  }

  async #drain() {
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

  /** @param {{deviceId: string, latest: Latest}[]} batch */
  async #fetch(batch) {
    const selectors = batch.map(({ deviceId, latest: { sensorId, metric } }) => ({ deviceId, sensorId, metric }));
    const [from, to] = [this.now() - SPAN_MS, this.now() + STEP_MS].map((at) => new Date(at).toISOString());
    const { series } = await request(RECENT, { selectors, from, to, window: `PT${STEP_MS / 1000}S` });
    for (const { deviceId, sensorId, metric, buckets } of series) {
      const wanted = batch.find((one) => one.deviceId === deviceId && one.latest.key === `${sensorId} ${metric}`);
      wanted?.latest.trend.fill(buckets);
      this.filled(deviceId);
    }
  }
}
