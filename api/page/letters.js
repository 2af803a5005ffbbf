/** The dead letters: how many there are, and on demand the last of them with their reasons. */

import { find, fromTemplate, setText } from "./card.js";
import { formatMoment } from "./format.js";
import { request } from "./graphql.js";
import { DEAD_LETTERS } from "./queries.js";
import { byId } from "./view.js";

const SHOWN = 20;
const PREVIEW = 400;

export class Letters {
  #dialog = /** @type {HTMLDialogElement} */ (byId("letters"));

  /** @param {(error: unknown) => void} failed */
  constructor(failed) {
    byId("letters-open").addEventListener("click", () => this.#open().catch(failed));
    byId("letters-close").addEventListener("click", () => this.#dialog.close());
  }

  /** @param {number} count */
  setCount(count) {
    setText(byId("letters-count"), String(count));
    byId("letters-open").hidden = false;
    byId("letters-open").dataset.some = String(count > 0);
  }

  close() {
    this.#dialog.close();
  }

  async #open() {
    const { deadLetters } = await request(DEAD_LETTERS, { first: SHOWN });
    this.setCount(deadLetters.totalCount);
    byId("letters-list").replaceChildren(...deadLetters.nodes.map(draw));
    if (deadLetters.nodes.length === 0) byId("letters-list").textContent = "There are none.";
    this.#dialog.showModal();
  }
}

/** @param {import("./queries.js").DeadLetter} letter */
function draw({ topic, reason, payload, size, receivedAt }) {
  const item = fromTemplate("letter-template");
  setText(find(item, ".topic"), topic);
  setText(find(item, ".reason"), reason);
  setText(find(item, ".payload"), payload.length > PREVIEW ? `${payload.slice(0, PREVIEW)}… (${size} bytes)` : payload);
  const time = /** @type {HTMLTimeElement} */ (find(item, "time"));
  time.dateTime = receivedAt;
  setText(time, formatMoment(Date.parse(receivedAt)));
  return item;
}
