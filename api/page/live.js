/** Keeps the store in step with the server: ask once, then follow the readings from the answer's cursor, for ever. */

import { GraphQLError, hasCode, request } from "./graphql.js";
import { DEVICES, DEVICES_WITH_LATEST, HEALTH, READINGS } from "./queries.js";
import { retryDelay, Subscription } from "./socket.js";
import { SPAN_MS } from "./trend.js";

const PAGE = 50;
const REFRESH_MS = 10_000; // status, actuators and dead letters have no subscription yet
const NEWCOMER_MS = 500;
const BEHIND_MS = 5000;
export const OVER = "The session is over. Log in again.";

/**
 * @typedef {"connecting" | "live" | "behind" | "lost"} Link
 * @typedef {object} Listener
 * @property {(link: Link, milliseconds: number) => void} link how long we are behind, or until the next try
 * @property {(text: string) => void} notice something the reader must know
 * @property {() => void} loaded all devices were asked for anew
 * @property {(count: number) => void} deadLetters
 * @property {(why: string) => void} loggedOut
 */

export class Live {
  /** @type {string | null} */ #cursor = null;
  /** @type {number | undefined} */ #newcomer;
  #abort = new AbortController();
  #heardAt = 0;
  #missed = false; // until all has been asked for anew
  #halted = ""; // what was told already is not told every ten seconds
  #subscription;

  /** @param {import("./store.js").Store} store @param {Listener} listener */
  constructor(store, listener) {
    this.store = store;
    this.listener = listener;
    this.#subscription = new Subscription(READINGS, {
      variables: () => ({ after: this.#resumeFrom() }),
      next: (data) => this.#take(data.readings),
      opened: () => this.#opened(),
      lost: (retryIn) => this.#setLink("lost", retryIn),
      failed: (errors) => this.listener.notice(`Live readings are refused: ${errors[0]?.message}`),
      refused: () => this.#loggedOut(OVER),
    });
  }

  async start() {
    this.#setLink("connecting", 0);
    if (!(await this.#loadUntilDone())) return;
    this.#subscription.start();
    while (await this.#pause(REFRESH_MS)) if (!document.hidden) await this.#guard(() => this.#refresh());
  }

  stop() {
    this.#abort.abort();
    clearTimeout(this.#newcomer);
    this.#subscription.stop();
  }

  /** The network is back, or somebody looks again. */
  hurry() {
    this.#subscription.hurry();
  }

  /** @returns {Promise<boolean>} false where the session ended instead */
  async #loadUntilDone() {
    for (let attempt = 0; ; attempt++) {
      if (await this.#guard(() => this.#load())) return true;
      if (this.#abort.signal.aborted) return false;
      const delay = retryDelay(attempt);
      this.#setLink("lost", delay);
      await this.#pause(delay);
    }
  }

  /** Everything for the first time; the readings go on from the first page's cursor, so that none falls between. */
  async #load() {
    this.#cursor = await this.#eachPage(DEVICES_WITH_LATEST);
    this.#heardAt = Date.now();
    this.listener.loaded();
    await this.#checkHealth();
  }

  async #refresh() {
    if (this.#missed) await this.#reload();
    else await this.#eachPage(DEVICES);
    await this.#checkHealth();
  }

  /** Make up for readings that were missed: ask for everything as it was at the cursor, or later. */
  async #reload() {
    await this.#eachPage(DEVICES_WITH_LATEST, this.#cursor ?? undefined);
    this.#missed = false;
    this.listener.loaded();
  }

  /** Where the readings go on. What was missed in a long absence is not replayed: all that is shown is asked for anew. */
  #resumeFrom() {
    if (Date.now() - this.#heardAt <= SPAN_MS) return this.#cursor;
    this.#cursor = null;
    this.#missed = true;
    return null;
  }

  /** @param {string} query @param {string} [atLeast] @returns {Promise<string | null>} the live cursor of the first page */
  async #eachPage(query, atLeast) {
    let [after, cursor] = [/** @type {string | null} */ (null), /** @type {string | null} */ (null)];
    do {
      const { devices } = await request(query, { first: PAGE, after, atLeast }, this.#abort.signal);
      cursor ??= devices.liveCursor ?? null;
      for (const details of devices.nodes) this.store.applyDetails(details);
      after = devices.pageInfo.hasNextPage ? devices.pageInfo.endCursor : null;
    } while (after !== null);
    return cursor;
  }

  async #checkHealth() {
    const { deadLetters, projections } = await request(HEALTH, {}, this.#abort.signal);
    this.listener.deadLetters(deadLetters.totalCount);
    const halted = projections.filter((/** @type {{state: string}} */ one) => one.state === "HALTED");
    const names = halted.map((/** @type {{name: string, error: string}} */ one) => `${one.name} (${one.error})`).join(", ");
    if (names !== "" && names !== this.#halted) this.listener.notice(`Stands still and must be looked after: ${names}.`);
    this.#halted = names;
  }

  #opened() {
    this.store.startCounting();
    this.#setLink("live", 0);
  }

  /** @param {import("./queries.js").ReadingMessage} message */
  #take(message) {
    const first = this.#cursor === null;
    this.#cursor = message.cursor;
    this.#heardAt = Date.now();
    if (message.reading !== undefined) this.#takeReading(message.reading);
    if (message.reason !== undefined) this.#takeGap(message.reason);
    else if (first && this.#missed) this.#guard(() => this.#reload());
  }

  /** @param {import("./queries.js").Reading} reading */
  #takeReading(reading) {
    if (!this.store.applyReading(reading)) this.#newcomer ??= setTimeout(() => this.#meetNewcomers(), NEWCOMER_MS);
    const behind = this.store.now() - Date.parse(reading.recordedAt);
    this.#setLink(behind > BEHIND_MS ? "behind" : "live", behind);
  }

  /** @param {string} reason */
  #takeGap(reason) {
    this.listener.notice(`Some readings were missed (${reason}). The values shown have been asked for anew.`);
    this.#missed = true;
    this.#guard(() => this.#reload());
  }

  #meetNewcomers() {
    this.#newcomer = undefined;
    this.#guard(() => this.#eachPage(DEVICES));
  }

  /** @param {Link} link @param {number} milliseconds */
  #setLink(link, milliseconds) {
    this.listener.link(link, milliseconds);
  }

  /** @param {string} why */
  #loggedOut(why) {
    this.stop();
    this.listener.loggedOut(why);
  }

  /** Run a request; what keeps it from succeeding is shown. @param {() => Promise<unknown>} work @returns {Promise<boolean>} */
  async #guard(work) {
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

  /** @param {number} milliseconds @returns {Promise<boolean>} false once stopped */
  #pause(milliseconds) {
    const { signal } = this.#abort;
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(!signal.aborted), milliseconds);
      signal.addEventListener("abort", () => (clearTimeout(timer), resolve(false)), { once: true });
    });
  }
}
