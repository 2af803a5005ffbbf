/** The page around the cards: how the house is, how the link is, filters and notices. Draws at most once a frame. */

import { setText } from "./card.js";
import { formatSpan, plural } from "./format.js";
import { Groups } from "./groups.js";

/** @typedef {import("./store.js").Store} Store @typedef {import("./live.js").Link} Link */

const TICK_MS = 1000;

/** @param {string} id @returns {HTMLElement} */
export function byId(id) {
  return /** @type {HTMLElement} */ (document.getElementById(id));
}

export class View {
  /** @type {Link} */ #link = "connecting";
  #linkMs = 0;
  #since = 0; // when the link was lost
  #frame = 0;
  #loaded = false;

  /** @param {Store} store @param {(device: import("./store.js").Device) => void} inSight */
  constructor(store, inSight) {
    this.store = store;
    this.groups = new Groups(byId("devices"), store, inSight);
    this.#listen();
    setInterval(() => this.#tick(), TICK_MS);
  }

  /** Something changed: draw with the next frame. */
  schedule() {
    if (this.#frame === 0) this.#frame = requestAnimationFrame(() => this.#draw());
  }

  /** All devices are known. */
  loaded() {
    this.#loaded = true;
    this.#tick();
  }

  /** @param {Link} link @param {number} milliseconds */
  setLink(link, milliseconds) {
    this.#linkMs = milliseconds;
    if (link === this.#link) return;
    if (link === "lost") this.#since = Date.now();
    if (link === "lost") this.announce("Connection lost. Trying again.");
    if (this.#link === "lost" && link !== "connecting") this.announce("Connected again.");
    this.#link = link;
    this.#drawLink();
  }

  /** Tell a screen reader, once. @param {string} text */
  announce(text) {
    setText(byId("announce"), text);
  }

  /** @param {string} text */
  notice(text) {
    setText(byId("notice-text"), text);
    byId("notice").hidden = false;
    this.announce(text);
  }

  #listen() {
    byId("notice-close").addEventListener("click", () => (byId("notice").hidden = true));
    byId("filters").addEventListener("click", (event) => {
      const button = /** @type {Element} */ (event.target).closest("button");
      if (button !== null) this.#choose(button.dataset.filter ?? "all");
    });
    byId("search").addEventListener("input", (event) => {
      this.groups.search = /** @type {HTMLInputElement} */ (event.target).value.trim().toLowerCase();
      this.#applyFilter();
    });
  }

  /** @param {string} filter */
  #choose(filter) {
    this.groups.filter = filter;
    for (const button of byId("filters").querySelectorAll("button")) {
      button.setAttribute("aria-pressed", String(button.dataset.filter === filter));
    }
    this.#applyFilter();
  }

  #applyFilter() {
    const any = this.groups.applyFilter();
    byId("no-match").hidden = any || this.store.devices.size === 0;
  }

  #draw() {
    this.#frame = 0;
    this.groups.draw(this.store.takeDirty());
    if (!byId("empty").hidden) this.#drawEmpty();
  }

  #tick() {
    this.groups.tick();
    this.#applyFilter();
    this.#drawSummary();
    this.#drawLink();
    this.#drawEmpty();
  }

  #drawSummary() {
    const counts = this.store.counts();
    for (const button of byId("filters").querySelectorAll("button")) {
      const name = /** @type {keyof typeof counts} */ (button.dataset.filter);
      setText(/** @type {Element} */ (button.querySelector("b")), String(counts[name]));
      button.dataset.some = String(counts[name] > 0);
    }
    setText(byId("headline"), headline(counts, this.#loaded));
    setText(byId("subline"), counts.all === 0 ? "" : speed(this.store.rate()));
    document.title = counts.troubled > 0 ? `(${counts.troubled}) Glasshouse` : "Glasshouse";
  }

  #drawLink() {
    const pill = byId("link");
    pill.dataset.link = this.#link;
    byId("devices").classList.toggle("old", this.#link === "lost");
    setText(pill, LINK_TEXT[this.#link](this.#linkMs, Date.now() - this.#since));
  }

  #drawEmpty() {
    const none = this.store.devices.size === 0;
    byId("empty").hidden = !this.#loaded || !none;
    byId("tools").hidden = none;
  }
}

/** @type {Record<Link, (milliseconds: number, lostFor: number) => string>} */
const LINK_TEXT = {
  connecting: () => "Connecting",
  live: () => "Live",
  behind: (milliseconds) => `${formatSpan(milliseconds)} behind`,
  lost: (_, lostFor) => `Reconnecting, ${formatSpan(lostFor)}`,
};

/** Whether the house is all right, in a sentence. @param {import("./store.js").Counts} counts @param {boolean} loaded */
function headline({ all, troubled }, loaded) {
  if (!loaded) return "Opening the house";
  if (all === 0) return "Waiting for the first device";
  if (troubled > 0) return `${plural(troubled, "device needs", "devices need")} a look`;
  return all === 1 ? "The device is well" : `All ${all} devices are well`;
}

/** @param {number | null} rate */
function speed(rate) {
  if (rate === null) return "";
  if (rate === 0) return "No readings just now";
  return `${rate < 10 ? rate.toFixed(1) : Math.round(rate)} readings a second`;
}
