/** What the page knows of the house, free of any DOM: devices, what each sensor last said, and what changed since last drawn. */

import type { Details, Reading } from "./documents";
import { Trend } from "./trend";

export interface Latest {
  key: string;
  sensorId: string;
  metric: string;
  value: number | null;
  unit: string | null;
  quality: string;
  at: number;
  order: string;
  trend: Trend;
}

export interface Device {
  id: string;
  details: Details | null;
  latest: Map<string, Latest>;
  heardAt: number;
  readAt: number;
}

/** `retired`: it is out of service, and so nothing about it needs a look. */
export type Status = "online" | "silent" | "offline" | "retired";

export interface Counts {
  all: number;
  online: number;
  silent: number;
  offline: number;
  retired: number;
  bad: number;
  troubled: number;
}

export const SILENT_AFTER_MS = 300_000;
const CLOCK_AHEAD_MS = 300_000;
const CLOCK_UNSET_BEFORE = Date.UTC(2000);
const RATE_SECONDS = 10;

export class Store {
  devices = new Map<string, Device>();
  #dirty = new Set<string>();
  /** Whole second -> readings in it. */
  #arrived = new Map<number, number>();
  #countedFrom = 0;

  /** `changed` is called when something waits to be drawn. */
  constructor(readonly now: () => number, private readonly changed: () => void) {}

  /** Take what a query told of a device. */
  applyDetails(details: Details): void {
    const device = this.#device(details.id);
    device.details = details;
    device.heardAt = Math.max(device.heardAt, time(details.lastSeen));
    for (const reading of details.latest ?? []) this.#applyLatest(device, reading);
    this.#mark(device.id);
  }

  /** Take a reading of the live feed; tells whether its device was known. */
  applyReading(reading: Reading): boolean {
    const known = this.devices.has(reading.deviceId);
    this.#countArrival();
    this.#applyLatest(this.#device(reading.deviceId), reading);
    this.#mark(reading.deviceId);
    return known;
  }

  /** The devices that changed since the last call. */
  takeDirty(): Set<string> {
    const dirty = this.#dirty;
    this.#dirty = new Set();
    return dirty;
  }

  status(device: Device): Status {
    if (device.details?.retiredAt != null && time(device.details.retiredAt) <= this.now()) return "retired";
    if (device.details?.status === "OFFLINE" && device.readAt <= time(device.details.statusAt)) return "offline";
    return this.now() - device.heardAt > SILENT_AFTER_MS ? "silent" : "online";
  }

  hasBadValue(device: Device): boolean {
    for (const latest of device.latest.values()) if (latest.quality === "bad") return true;
    return false;
  }

  counts(): Counts {
    const counts = { all: 0, online: 0, silent: 0, offline: 0, retired: 0, bad: 0, troubled: 0 };
    for (const device of this.devices.values()) {
      const status = this.status(device);
      const bad = status !== "retired" && this.hasBadValue(device);
      counts.all += 1;
      counts[status] += 1;
      if (bad) counts.bad += 1;
      if (bad || status === "silent" || status === "offline") counts.troubled += 1;
    }
    return counts;
  }

  /** Readings per second over the last ten whole seconds, or as many as there were yet; null in the first. */
  rate(): number | null {
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
  startCounting(): void {
    this.#countedFrom = Math.floor(this.now() / 1000);
  }

  #countArrival(): void {
    const second = Math.floor(this.now() / 1000);
    this.#arrived.set(second, (this.#arrived.get(second) ?? 0) + 1);
  }

  #device(id: string): Device {
    let device = this.devices.get(id);
    if (device === undefined) {
      device = { id, details: null, latest: new Map(), heardAt: 0, readAt: 0 };
      this.devices.set(id, device);
    }
    return device;
  }

  /** The greatest (timestamp, event id) with a clock to believe is the latest. */
  #applyLatest(device: Device, reading: Reading): void {
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
  }

  #mark(id: string): void {
    this.#dirty.add(id);
    this.changed();
  }
}

function time(text: string | null): number {
  return text === null ? 0 : Date.parse(text);
}
