/** The commands of the house, the newest first, kept up to date while they are looked at; each opens its trace. */

import { find, fromTemplate, setText } from "./card.js";
import { request, UnreachableError } from "./graphql.js";
import { COMMANDS } from "./queries.js";
import { stateLabel, Trace, wanted, writeTime } from "./trace.js";
import { byId } from "./view.js";

const SHOWN = 30;
const REFRESH_MS = 1000;
/** @type {Record<string, string>} */
const ENDS = { SUCCEEDED: "good", FAILED: "bad", REJECTED: "bad", TIMED_OUT: "bad", UNKNOWN: "bad" };

/** @typedef {import("./queries.js").Command} Command */

export class Commands {
  #dialog = /** @type {HTMLDialogElement} */ (byId("commands"));
  #list = byId("commands-list");
  /** @type {Map<string, Entry>} */ #entries = new Map();
  /** @type {number | undefined} */ #next;

  /** @param {(error: unknown) => void} failed */
  constructor(failed) {
    this.failed = failed;
    byId("commands-open").addEventListener("click", () => this.#open());
    byId("commands-close").addEventListener("click", () => this.#dialog.close());
    this.#dialog.addEventListener("close", () => clearTimeout(this.#next));
  }

  /** Another reader may not see what this one saw. */
  close() {
    this.#dialog.close();
    this.#draw([]);
  }

  async #open() {
    this.#dialog.showModal();
    await this.#refresh();
  }

  /** Ask, and ask again for as long as somebody looks. */
  async #refresh() {
    try {
      if (!document.hidden) this.#draw((await request(COMMANDS, { first: SHOWN })).commands.nodes);
    } catch (error) {
      this.#fail(error);
    }
    clearTimeout(this.#next); // who closed and opened again meanwhile still asks but once a second
    if (this.#dialog.open) this.#next = setTimeout(() => this.#refresh(), REFRESH_MS);
  }

  /** Where the server is away the link says so, and we ask again. @param {unknown} error */
  #fail(error) {
    if (error instanceof UnreachableError) return;
    this.#dialog.close();
    this.failed(error);
  }

  /** Entries stay the elements that they are, so that neither focus nor an open trace is lost. @param {Command[]} commands */
  #draw(commands) {
    byId("commands-none").hidden = commands.length > 0;
    const shown = new Set(commands.map(({ id }) => id));
    for (const [id, entry] of this.#entries) if (!shown.has(id)) entry.element.remove(), this.#entries.delete(id);
    let place = this.#list.firstElementChild;
    for (const command of commands) {
      const entry = this.#entry(command);
      if (entry.element === place) place = place.nextElementSibling;
      else this.#list.insertBefore(entry.element, place);
    }
  }

  /** @param {Command} command */
  #entry(command) {
    let entry = this.#entries.get(command.id);
    if (entry === undefined) this.#entries.set(command.id, (entry = new Entry(command, (error) => this.#fail(error))));
    entry.draw(command);
    return entry;
  }
}

/** One command in the list. */
class Entry {
  element = fromTemplate("command-template");
  #state = find(this.element, ".state");
  #reason = find(this.element, ".reason");
  #button = find(this.element, "button");
  #trace;

  /** @param {Command} command @param {(error: unknown) => void} failed */
  constructor({ id, correlationId, deviceId, actuatorId, command, value, requestedAt, requestedBy }, failed) {
    this.failed = failed;
    this.#trace = new Trace(find(this.element, ".trace"), `trace-${id}`, correlationId);
    setText(find(this.element, ".what"), wanted(actuatorId, command, value));
    setText(find(this.element, ".where"), [deviceId, requestedBy].filter(Boolean).join(" · "));
    writeTime(find(this.element, "time"), requestedAt);
    this.#button.setAttribute("aria-controls", `trace-${id}`);
    this.#button.addEventListener("click", () => this.#toggle());
  }

  /** @param {Command} command */
  draw({ state, reason }) {
    if (this.#trace.isOpen) this.#trace.load().catch(this.failed);
    if (this.element.dataset.state === state) return;
    this.element.dataset.state = state;
    this.element.dataset.end = ENDS[state] ?? "";
    setText(this.#state, stateLabel(state));
    setText(this.#reason, reason ?? "");
    this.#reason.hidden = reason === null;
  }

  #toggle() {
    const open = !this.#trace.isOpen;
    this.#button.setAttribute("aria-expanded", String(open));
    if (open) this.#trace.load().catch(this.failed);
    else this.#trace.close();
  }
}
