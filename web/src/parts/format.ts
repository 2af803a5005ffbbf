/** How times, ages, names and states are written for people. */

import type { State } from "../data/graphql";

const significant = new Intl.NumberFormat(undefined, { maximumSignificantDigits: 4 });
const clockTime = new Intl.DateTimeFormat(undefined, { timeStyle: "medium" });
const moment = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });

/** The order of names for people: bench-2 before bench-10. */
export const byName = new Intl.Collator(undefined, { numeric: true }).compare;

/** An actuator's state: `true` -> "on". */
export function formatState(state: State): string {
  if (typeof state === "boolean") return state ? "on" : "off";
  return typeof state === "number" ? significant.format(state) : state;
}

/** `TIMED_OUT` -> "timed out". */
export function inWords(name: string): string {
  return name.toLowerCase().replaceAll("_", " ");
}

/** "12 s ago". */
export function formatAge(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  if (seconds < 5) return "just now";
  if (seconds < 60) return `${seconds} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 172_800) return `${Math.floor(seconds / 3600)} h ago`;
  return `${Math.floor(seconds / 86_400)} days ago`;
}

/** "12 s", "3 min", "5 h", "3 days". */
export function formatSpan(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  if (seconds < 90) return `${seconds} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86_400)} days`;
}

/** ISO 8601 `PT1H30M` -> milliseconds; years and months are not used here. */
export function parseDuration(text: string): number {
  const match = /^P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/.exec(text);
  const [weeks = 0, days = 0, hours = 0, minutes = 0, seconds = 0] = (match ?? []).slice(1).map((part) => Number(part ?? 0));
  return ((((weeks * 7 + days) * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000;
}

/** A full local date and time. */
export function formatMoment(at: number | string): string {
  return moment.format(typeof at === "string" ? Date.parse(at) : at);
}

/** The local time of day, of what happened in one go. */
export function formatClock(at: number | string): string {
  return clockTime.format(typeof at === "string" ? Date.parse(at) : at);
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
