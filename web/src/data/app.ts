/** The state that all views share: who is in, how the link is, what must be known; signals over the one store. */

import { batch, computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { Alert, AlertFeed } from "../house/alerts";
import { type Link, Live, OVER } from "../house/live";
import { Recent } from "../house/recent";
import { type Device, Store } from "../house/store";
import { inPlainWords } from "../parts/errors";
import { serverNow } from "./clock";
import { hasCode, UnreachableError } from "./request";
import { logIn } from "./session";

const TICK_MS = 1000;

/** `asking`: for a key; `opening`: nothing to show yet. */
export const stage = signal<"opening" | "asking" | "house">("opening");
export const refusal = signal("");
export const link = signal<{ state: Link; milliseconds: number }>({ state: "connecting", milliseconds: 0 });
export const lostSince = signal(0);
export const notice = signal("");
export const announcement = signal("");
export const loaded = signal(false);
export const letters = signal<number | null>(null);
/** All alerts that are known here, newest first: those that are open, and ended ones that somebody looked at. */
export const alerts = signal<readonly Alert[]>([]);
export const openAlerts: ReadonlySignal<readonly Alert[]> = computed(() => alerts.value.filter(({ state }) => state === "OPEN"));
/** The server's time, once a second. */
export const now = signal(serverNow());
/** Grows when a device appears or moves: what lists are ordered by. */
export const places = signal(0);

const versions = new Map<string, Signal<number>>();
let frame = 0;
let live: Live | null = null;

export const store = new Store(serverNow, () => {
  if (frame === 0) frame = requestAnimationFrame(draw);
});
export const recent = new Recent(serverNow, tell);
export const counts: ReadonlySignal<ReturnType<Store["counts"]>> = computed(() => (now.value, places.value, store.counts()));

/** Grows whenever something of the device changed, at most once a frame: who reads it is drawn anew. */
export function version(id: string): Signal<number> {
  let found = versions.get(id);
  if (found === undefined) versions.set(id, (found = signal(0)));
  return found;
}

/** What went wrong, told once, on the page. A server that is away is told by the link. */
export function tell(error: unknown): void {
  if (hasCode(error, "UNAUTHENTICATED")) askForKey(OVER);
  else if (!(error instanceof UnreachableError)) notice.value = inPlainWords(error);
}

/** Subscriptions beside the readings, on the same socket. */
export function socket(): Live["socket"] | null {
  return live?.socket ?? null;
}

export function alertFeed(): AlertFeed | null {
  return live?.alerts ?? null;
}

/** The house is shown once there is something to show; till then the reader may still be asked for a key. */
export function openHouse(): void {
  live?.stop();
  live = new Live(store, {
    link: setLink,
    notice: (text) => (notice.value = text),
    loaded: () => batch(() => ((stage.value = "house"), (loaded.value = true), recent.forget(), tick())),
    deadLetters: (count) => (letters.value = count),
    alerts: (all) => (alerts.value = all),
    raised: (alert) => (announcement.value = `${alert.kind} at ${calledOf(alert.deviceId)}`),
    loggedOut: (why) => askForKey(why === OVER && stage.value !== "house" ? "" : why), // who was not in has no session that could be over
  });
  void live.start();
}

export function askForKey(why: string): void {
  live?.stop();
  live = null;
  batch(() => ((stage.value = "asking"), (refusal.value = why)));
}

export async function tryKey(key: string): Promise<void> {
  const problem = await logIn(key).catch((error: unknown) => (error as Error).message);
  if (problem === null) openHouse();
  else askForKey(problem);
}

export function hurry(): void {
  live?.hurry();
}

export function startTicking(): void {
  setInterval(tick, TICK_MS);
}

function tick(): void {
  now.value = serverNow();
}

function setLink(state: Link, milliseconds: number): void {
  const before = link.peek().state;
  batch(() => {
    if (state === "lost") stage.value = "house";
    link.value = { state, milliseconds };
    if (state === before) return;
    if (state === "lost") lostSince.value = Date.now();
    if (state === "lost") announcement.value = "Connection lost. Trying again.";
    if (before === "lost" && state !== "connecting") announcement.value = "Connected again.";
  });
}

function draw(): void {
  frame = 0;
  batch(() => {
    for (const id of store.takeDirty()) bump(id);
  });
}

const placed = new Map<string, string>();

function bump(id: string): void {
  version(id).value += 1;
  const place = `${placeOf(store.devices.get(id)!)} ${nameOf(store.devices.get(id)!)}`;
  if (placed.get(id) === place) return;
  placed.set(id, place);
  places.value += 1;
}

const NOWHERE = "No place yet";

export function placeOf({ details }: Device): string {
  return details?.location ?? details?.site ?? NOWHERE;
}

export function nameOf({ id, details }: Device): string {
  return details?.name ?? id;
}

/** What a sentence calls a device: its name, with its id where another one is called the same. */
export function calledOf(id: string): string {
  const device = store.devices.get(id);
  if (device === undefined) return id;
  const name = nameOf(device);
  const alike = [...store.devices.values()].some((one) => one !== device && nameOf(one) === name);
  return alike ? `${name} (${id})` : name;
}
