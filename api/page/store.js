/** What the page knows of the house, free of any DOM: devices, what each sensor last said, and what changed since last drawn. */

import { Trend } from "./trend.js";

/** @typedef {import("./queries.js").Reading} Reading @typedef {import("./queries.js").DeviceDetails} DeviceDetails */
/**
 * @typedef {{key: string, sensorId: string, metric: string, value: number | null, unit: string | null, quality: string,
 *   at: number, order: string, trend: Trend}} Latest
 * @typedef {{id: string, details: DeviceDetails | null, latest: Map<string, Latest>, heardAt: number, readAt: number}} Device
 * @typedef {"online" | "silent" | "offline"} Status
 * @typedef {{all: number, online: number, silent: number, offline: number, bad: number, troubled: number}} Counts
 */

export const SILENT_AFTER_MS = 300_000;
const CLOCK_AHEAD_MS = 300_000;
const CLOCK_UNSET_BEFORE = Date.UTC(2000);
const RATE_SECONDS = 10;

export class Store {
  /** @type {Map<string, Device>} */ devices = new Map();
  /** What to draw anew: device -> keys of its readings; null stands for the whole device. @type {Map<string, Set<string> | null>} */
  #dirty = new Map();
  /** Whole second -> readings in it. @type {Map<number, number>} */ #arrived = new Map();
  #countedFrom = 0;

  /** @param {() => number} now the server's clock @param {() => void} changed something waits to be drawn */
  constructor(now, changed) {
    this.now = now;
    this.changed = changed;
  }

  /** Take what a query told of a device. @param {DeviceDetails} details */
  applyDetails(details) {
    const device = this.#device(details.id);
    device.details = details;
    device.heardAt = Math.max(device.heardAt, time(details.lastSeen));
    for (const reading of details.latest ?? []) this.#applyLatest(device, reading);
    this.#dirty.set(device.id, null);
    this.changed();
  }

  /** Take a reading of the live feed. @param {Reading} reading @returns whether its device was known */
  applyReading(reading) {
    const known = this.devices.has(reading.deviceId);
    this.#countArrival();
    this.#applyLatest(this.#device(reading.deviceId), reading);
    this.changed();
    return known;
  }

  /** What changed since the last call. */
  takeDirty() {
    const dirty = this.#dirty;
    this.#dirty = new Map();
    return dirty;
  }

  /** @param {Device} device @returns {Status} */
  status(device) {
    if (device.details?.status === "OFFLINE" && device.readAt <= time(device.details.statusAt)) return "offline";
    return this.now() - device.heardAt > SILENT_AFTER_MS ? "silent" : "online";
  }

  /** @param {Device} device */
  hasBadValue(device) {
    for (const latest of device.latest.values()) if (latest.quality === "bad") return true;
    return false;
  }

  /** @returns {Counts} */
  counts() {
    const counts = { all: 0, online: 0, silent: 0, offline: 0, bad: 0, troubled: 0 };
    for (const device of this.devices.values()) {
      const [status, bad] = [this.status(device), this.hasBadValue(device)];
      counts.all += 1;
      counts[status] += 1;
      if (bad) counts.bad += 1;
      if (bad || status !== "online") counts.troubled += 1;
    }
    return counts;
  }

  /** Readings per second over the last ten whole seconds, or as many as there were yet; null in the first. */
  rate() {
    const second = Math.floor(this.now() / 1000);
    const from = Math.max(second - RATE_SECONDS, this.#countedFrom + 1);
    let sum = 0;
    for (const [at, count] of this.#arrived) {
      if (at < second - RATE_SECONDS) this.#arrived.delete(at);
      else if (at >= from && at < second) sum += count;
    }
    return second > from ? sum / (second - from) : null;
  }

  /** The live feed begins, or begins again: the rate is counted from here. */
  startCounting() {
    this.#countedFrom = Math.floor(this.now() / 1000);
  }

  #countArrival() {
    const second = Math.floor(this.now() / 1000);
    this.#arrived.set(second, (this.#arrived.get(second) ?? 0) + 1);
  }

  /** @param {string} id @returns {Device} */
  #device(id) {
    let device = this.devices.get(id);
    if (device === undefined) {
      device = { id, details: null, latest: new Map(), heardAt: 0, readAt: 0 };
      this.devices.set(id, device);
      this.#dirty.set(id, null);
    }
    return device;
  }

  /** The greatest (timestamp, event id) with a clock to believe is the latest. @param {Device} device @param {Reading} reading */
  #applyLatest(device, reading) {
    const [at, recordedAt] = [time(reading.timestamp), time(reading.recordedAt)];
    device.readAt = Math.max(device.readAt, recordedAt);
    device.heardAt = Math.max(device.heardAt, recordedAt);
    if (at > recordedAt + CLOCK_AHEAD_MS || at < CLOCK_UNSET_BEFORE) return;
    const key = `${reading.sensorId} ${reading.metric}`;
    const before = device.latest.get(key);
    const order = `${reading.timestamp.replace("Z", "")} ${reading.eventId}`;
    if (before?.order === order) return;
    const quality = reading.quality.toLowerCase();
    const trend = before?.trend ?? new Trend();
    if (reading.value !== null && quality !== "bad") trend.add(at, reading.value, this.now());
    if (before !== undefined && order < before.order) return;
    const { sensorId, metric, value, unit } = reading;
    device.latest.set(key, { key, sensorId, metric, value, unit, quality, at, order, trend });
    this.#markReading(device.id, key);
  }

  /** @param {string} id @param {string} key */
  #markReading(id, key) {
    const keys = this.#dirty.get(id);
    if (keys === undefined) this.#dirty.set(id, new Set([key]));
    else keys?.add(key);
  }
}

/** @param {string | null} text */
function time(text) {
  return text === null ? 0 : Date.parse(text);
}
