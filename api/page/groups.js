/** The devices by place: which card stands in which group, in which order, and which of them the reader wants to see. */

import { Card, find, fromTemplate, setText } from "./card.js";
import { byName } from "./format.js";

/** @typedef {import("./store.js").Store} Store @typedef {import("./store.js").Device} Device */

const NOWHERE = "No place yet";

export class Groups {
  /** @type {Map<string, Card>} */ cards = new Map();
  /** @type {Map<string, HTMLElement>} */ #groups = new Map();
  /** @type {Map<string, string>} device -> its group */ #places = new Map();
  #observer = new IntersectionObserver((entries) => this.#sight(entries), { rootMargin: "200px" });
  filter = "all";
  search = "";

  /** @param {HTMLElement} root @param {Store} store @param {(device: Device) => void} inSight */
  constructor(root, store, inSight) {
    this.root = root;
    this.store = store;
    this.inSight = inSight;
  }

  /** Draw what changed. @param {Map<string, Set<string> | null>} dirty */
  draw(dirty) {
    let moved = false;
    for (const [id, keys] of dirty) {
      const device = /** @type {Device} */ (this.store.devices.get(id));
      const card = this.cards.get(id) ?? this.#add(device);
      if (keys === null) card.drawAll();
      else card.drawReadings(keys);
      if (keys === null && this.#places.get(id) !== place(device)) moved = true;
    }
    if (moved) this.#arrange();
    if (moved) this.applyFilter();
  }

  /** Once a second: ages, sparklines, and who fits the filter now. */
  tick() {
    for (const card of this.cards.values()) {
      card.drawTime();
      if (card.visible) card.drawTrends();
      if (card.visible) this.inSight(card.device);
    }
    this.applyFilter();
  }

  /** Hide what the reader did not ask for. @returns whether anything is left */
  applyFilter() {
    const shown = new Set();
    for (const [id, card] of this.cards) {
      card.element.hidden = !this.#fits(card);
      if (!card.element.hidden) shown.add(this.#places.get(id));
    }
    for (const [name, group] of this.#groups) group.hidden = !shown.has(name);
    return shown.size > 0;
  }

  /** @param {Card} card */
  #fits(card) {
    if (this.search !== "" && !card.words.includes(this.search)) return false;
    if (this.filter === "all") return true;
    return this.filter === "bad" ? this.store.hasBadValue(card.device) : this.store.status(card.device) === this.filter;
  }

  /** @param {Device} device */
  #add(device) {
    const card = new Card(device, this.store);
    this.cards.set(device.id, card);
    this.#observer.observe(card.element);
    return card;
  }

  /** Put every card into its group, moving only what stands wrong: a card that is moved loses the focus. */
  #arrange() {
    /** @type {Map<string, Card[]>} */ const wanted = new Map();
    for (const card of [...this.cards.values()].sort(inOrder)) {
      const name = place(card.device);
      this.#places.set(card.device.id, name);
      wanted.set(name, [...(wanted.get(name) ?? []), card]);
    }
    const names = [...wanted.keys()].sort(byName);
    putInOrder(this.root, names.map((name) => this.#group(name)));
    for (const name of names) {
      const cards = (wanted.get(name) ?? []).map((card) => card.element);
      putInOrder(find(this.#group(name), ".cards"), cards);
    }
    for (const [name, group] of this.#groups) if (!wanted.has(name)) group.remove(), this.#groups.delete(name);
  }

  /** @param {string} name */
  #group(name) {
    let group = this.#groups.get(name);
    if (group === undefined) {
      group = fromTemplate("group-template");
      setText(find(group, "h2"), name.replaceAll("/", " / "));
      this.#groups.set(name, group);
    }
    return group;
  }

  /** @param {IntersectionObserverEntry[]} entries */
  #sight(entries) {
    for (const { target, isIntersecting } of entries) {
      const card = this.cards.get(/** @type {HTMLElement} */ (target).dataset.device ?? "");
      if (card === undefined) continue;
      card.visible = isIntersecting;
      if (isIntersecting) this.inSight(card.device);
    }
  }
}

/** @param {Device} device */
function place({ details }) {
  return details?.location ?? details?.site ?? NOWHERE;
}

/** @param {Card} a @param {Card} b */
function inOrder({ device: a }, { device: b }) {
  return byName(a.details?.name ?? a.id, b.details?.name ?? b.id) || byName(a.id, b.id);
}

/** @param {Element} parent @param {Element[]} children */
function putInOrder(parent, children) {
  children.forEach((child, index) => {
    if (parent.children[index] !== child) parent.insertBefore(child, parent.children[index] ?? null);
  });
}
