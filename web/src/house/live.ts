/** Keeps the store in step with the server: ask once, then follow the readings from the answer's cursor, for ever. */

import type { VariablesOf } from "../data/graphql";
import { GraphQLError, hasCode, request } from "../data/request";
import { LiveSocket, retryDelay } from "../data/socket";
import { type Alert, AlertFeed } from "./alerts";
import { DEVICES, DEVICES_WITH_LATEST, HEALTH, READINGS, type Reading, type ReadingMessage } from "./documents";
import type { Store } from "./store";
import { SPAN_MS } from "./trend";

const PAGE = 50;
const REFRESH_MS = 10_000; // status, actuators and dead letters have no subscription yet
const NEWCOMER_MS = 500;
const BEHIND_MS = 5000;
const CAUGHT_UP_MS = 2000;
export const OVER = "The session is over. Log in again.";

export type Link = "connecting" | "live" | "behind" | "lost";

export interface Listener {
  /** `milliseconds`: how long we are behind, or until the next try. */
  link(link: Link, milliseconds: number): void;
  /** Something the reader must know. */
  notice(text: string): void;
  /** All devices were asked for anew. */
  loaded(): void;
  deadLetters(count: number): void;
  alerts(all: readonly Alert[]): void;
  raised(alert: Alert): void;
  loggedOut(why: string): void;
}

export class Live {
  readonly socket: LiveSocket;
  readonly alerts: AlertFeed;
  #cursor: string | null = null;
  #newcomer: ReturnType<typeof setTimeout> | undefined;
  #behind: ReturnType<typeof setTimeout> | undefined;
  #abort = new AbortController();
  #heardAt = 0;
  #missed = false; // until all has been asked for anew
  #halted = ""; // what was told already is not told every ten seconds

  constructor(private readonly store: Store, private readonly listener: Listener) {
    this.alerts = new AlertFeed(
      {
        alerts: (all) => listener.alerts(all),
        raised: (alert) => listener.raised(alert),
        gap: () => void this.#guard(() => this.alerts.load()),
        refused: (reason) => listener.notice(`Live alerts are refused: ${reason}`),
      },
      this.#abort.signal,
    );
    this.socket = new LiveSocket({
      opened: () => this.#opened(),
      lost: (retryIn) => (clearTimeout(this.#behind), this.listener.link("lost", retryIn)),
      refused: () => this.#loggedOut(OVER),
    });
    this.socket.add({
      document: READINGS,
      variables: () => ({ after: this.#resumeFrom() }),
      next: (data) => this.#take((data as { readings: ReadingMessage }).readings),
      failed: (errors) => this.listener.notice(`Live readings are refused: ${errors[0]?.message ?? "no reason given"}`),
    });
    this.socket.add(this.alerts.subscriber());
  }

  async start(): Promise<void> {
    this.listener.link("connecting", 0);
    if (!(await this.#loadUntilDone())) return;
    this.socket.start();
    while (await this.#pause(REFRESH_MS)) if (!document.hidden) await this.#guard(() => this.#refresh());
  }

  stop(): void {
    this.#abort.abort();
    clearTimeout(this.#newcomer);
    clearTimeout(this.#behind);
    this.socket.stop();
  }

  /** The network is back, or somebody looks again. */
  hurry(): void {
    this.socket.hurry();
  }

  /** False where the session ended instead. */
  async #loadUntilDone(): Promise<boolean> {
    for (let attempt = 0; ; attempt++) {
      if (await this.#guard(() => this.#load())) return true;
      if (this.#abort.signal.aborted) return false;
      const delay = retryDelay(attempt);
      this.listener.link("lost", delay);
      await this.#pause(delay);
    }
  }

  /** Everything for the first time; the readings go on from the first page's cursor, so that none falls between. */
  async #load(): Promise<void> {
    this.#cursor = await this.#everyDevice();
    this.#heardAt = Date.now();
    this.listener.loaded();
    await this.alerts.load();
    await this.#checkHealth();
  }

  async #refresh(): Promise<void> {
    if (this.#missed) await this.#reload();
    else await this.#everyDetail();
    await this.#checkHealth();
  }

  /** Make up for readings that were missed: ask for everything as it was at the cursor, or later. */
  async #reload(): Promise<void> {
    await this.#everyDevice(this.#cursor ?? undefined);
    this.#missed = false;
    this.listener.loaded();
  }

  /** Where the readings go on. What was missed in a long absence is not replayed: all that is shown is asked for anew. */
  #resumeFrom(): string | null {
    if (Date.now() - this.#heardAt <= SPAN_MS) return this.#cursor;
    this.#cursor = null;
    this.#missed = true;
    return null;
  }

  /** All devices with their latest readings; the live cursor of the first page. */
  async #everyDevice(atLeast?: string): Promise<string | null> {
    let cursor: string | null = null;
    await this.#eachPage(async (after) => {
      const variables: VariablesOf<typeof DEVICES_WITH_LATEST> = { first: PAGE, after };
      if (atLeast !== undefined) variables.atLeast = atLeast;
      const { devices } = await request(DEVICES_WITH_LATEST, variables, this.#abort.signal);
      cursor ??= devices.liveCursor;
      return devices;
    });
    return cursor;
  }

  async #everyDetail(): Promise<void> {
    await this.#eachPage(async (after) => (await request(DEVICES, { first: PAGE, after }, this.#abort.signal)).devices);
  }

  async #eachPage(ask: (after: string | null) => Promise<Page>): Promise<void> {
    let after: string | null = null;
    do {
      const { nodes, pageInfo }: Page = await ask(after);
      for (const details of nodes) this.store.applyDetails(details);
      after = pageInfo.hasNextPage ? pageInfo.endCursor : null;
    } while (after !== null);
  }

  async #checkHealth(): Promise<void> {
    const { deadLetters, projections } = await request(HEALTH, {}, this.#abort.signal);
    this.listener.deadLetters(deadLetters.totalCount);
    const halted = projections.filter(({ state }) => state === "HALTED");
    const names = halted.map(({ name, error }) => `${name} (${error})`).join(", ");
    if (names !== "" && names !== this.#halted) this.listener.notice(`Stands still and must be looked after: ${names}.`);
    this.#halted = names;
  }

  #opened(): void {
    this.store.startCounting();
    this.listener.link("live", 0);
  }

  #take(message: ReadingMessage): void {
    const first = this.#cursor === null;
    this.#cursor = message.cursor;
    this.#heardAt = Date.now();
    if (message.__typename === "ReadingReceived") this.#takeReading(message.reading);
    if (message.__typename === "ReadingGap") this.#takeGap(message.reason);
    else if (first && this.#missed) void this.#guard(() => this.#reload());
  }

  #takeReading(reading: Reading): void {
    if (!this.store.applyReading(reading)) this.#newcomer ??= setTimeout(() => this.#meetNewcomers(), NEWCOMER_MS);
    const behind = this.store.now() - Date.parse(reading.recordedAt);
    this.listener.link(behind > BEHIND_MS ? "behind" : "live", behind);
    clearTimeout(this.#behind); // who is behind and hears nothing more for a moment has heard all there is
    if (behind > BEHIND_MS) this.#behind = setTimeout(() => this.listener.link("live", 0), CAUGHT_UP_MS);
  }

  #takeGap(reason: string): void {
    this.listener.notice(`Some readings were missed (${reason}). The values shown have been asked for anew.`);
    this.#missed = true;
    void this.#guard(() => this.#reload());
  }

  #meetNewcomers(): void {
    this.#newcomer = undefined;
    void this.#guard(() => this.#everyDetail());
  }

  #loggedOut(why: string): void {
    this.stop();
    this.listener.loggedOut(why);
  }

  /** Run a request; what keeps it from succeeding is shown. */
  async #guard(work: () => Promise<unknown>): Promise<boolean> {
    try {
      await work();
      return true;
    } catch (error) {
      if (this.#abort.signal.aborted) return false;
      if (hasCode(error, "UNAUTHENTICATED")) this.#loggedOut(OVER);
      else if (hasCode(error, "FORBIDDEN")) this.#loggedOut("This key may not look at the house; a viewer's key may.");
      else if (error instanceof GraphQLError) this.listener.notice(`The server refused a question: ${error.message}`);
      return false; // unreachable: the link says so already, and the next round asks again
    }
  }

  /** False once stopped. */
  #pause(milliseconds: number): Promise<boolean> {
    const { signal } = this.#abort;
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(!signal.aborted), milliseconds);
      signal.addEventListener("abort", () => (clearTimeout(timer), resolve(false)), { once: true });
    });
  }
}

interface Page {
  nodes: readonly Parameters<Store["applyDetails"]>[0][];
  pageInfo: { hasNextPage: boolean; endCursor: string | null };
}
