/** The card of one device: built once, then only what changed is written. */

import { byName, formatAge, formatMoment, formatState, formatValue, metricLabel, metricRank, unitLabel } from "./format.js";

/** @typedef {import("./store.js").Device} Device @typedef {import("./store.js").Latest} Latest */
/** @typedef {{line: Element, area: Element, number: HTMLElement, unit: HTMLElement, mark: HTMLElement, row: HTMLElement}} Row */

const UNNAMED = "main"; // the sensor of a device that named none
/** @type {Record<string, string>} */
const STATUS_TEXT = { online: "Online", silent: "Silent", offline: "Offline" };
/** @type {Record<string, [string, string]>} */
const MARKS = {
  bad: ["Bad", "A check found this value impossible, or the device says it is wrong."],
  suspected: ["Suspect", "This value may be wrong."],
};

/** What matters most to the crop comes first; of several probes of one metric, by name. @param {Latest} a @param {Latest} b */
function inOrder(a, b) {
  return metricRank(a.metric) - metricRank(b.metric) || byName(a.metric, b.metric) || byName(a.sensorId, b.sensorId);
}

/** Clone a template's only element. @param {string} id @returns {HTMLElement} */
export function fromTemplate(id) {
  const template = /** @type {HTMLTemplateElement} */ (document.getElementById(id));
  return /** @type {HTMLElement} */ (template.content.firstElementChild?.cloneNode(true));
}

/** @param {Element} parent @param {string} selector @returns {HTMLElement} */
export function find(parent, selector) {
  return /** @type {HTMLElement} */ (parent.querySelector(selector));
}

/** Write only what differs: an untouched node costs no layout. @param {Element} node @param {string} text */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

export class Card {
  element = fromTemplate("card-template");
  visible = false;
  /** @type {Map<string, Row>} */ #rows = new Map();
  /** Rows whose sparkline is out of date. @type {Set<string>} */ #stale = new Set();
  /** @type {Row[]} */ #flashing = [];
  #status = find(this.element, ".status");
  #seen = find(this.element, ".seen");
  #actuators = find(this.element, ".actuators");
  #body = find(this.element, "tbody");

  /** @param {Device} device @param {import("./store.js").Store} store */
  constructor(device, store) {
    this.device = device;
    this.store = store;
    this.element.id = `device-${device.id}`;
    this.element.dataset.device = device.id;
  }

  /** Write the whole card. */
  drawAll() {
    const { id, details, latest } = this.device;
    const name = details?.name ?? id;
    setText(find(this.element, "h3"), name);
    find(this.element, "table").ariaLabel = `Latest readings of ${name}`;
    const model = [details?.model, details?.firmwareVersion].filter(Boolean).join(" ");
    setText(find(this.element, ".about"), [name === id ? "" : id, model].filter(Boolean).join(" · "));
    this.#drawActuators();
    if (latest.size !== this.#rows.size) this.#addRows();
    this.drawReadings(latest.keys());
    this.drawTime();
  }

  /** @param {Iterable<string>} keys of readings that changed */
  drawReadings(keys) {
    for (const key of keys) {
      const latest = this.device.latest.get(key);
      if (latest === undefined) continue;
      if (!this.#rows.has(key)) this.#addRows();
      this.#drawReading(/** @type {Row} */ (this.#rows.get(key)), latest);
      this.#stale.add(key);
    }
  }

  /** What the passing of time changes: the status, and how long ago the device spoke. */
  drawTime() {
    const status = this.store.status(this.device);
    this.element.dataset.status = status;
    setText(this.#status, STATUS_TEXT[status]);
    const { heardAt } = this.device;
    setText(this.#seen, heardAt === 0 ? "" : formatAge(this.store.now() - heardAt));
    if (heardAt > 0) this.#seen.title = `Last heard ${formatMoment(heardAt)}`;
    for (const { row } of this.#flashing.splice(0)) delete row.dataset.changed;
  }

  drawTrends() {
    for (const key of this.#stale) {
      const [row, latest] = [this.#rows.get(key), this.device.latest.get(key)];
      if (row === undefined || latest === undefined) continue;
      const { line, area } = latest.trend.paths(this.store.now());
      row.line.setAttribute("d", line);
      row.area.setAttribute("d", area);
    }
    this.#stale.clear();
  }

  /** The trends got their past. */
  spoilTrends() {
    for (const key of this.#rows.keys()) this.#stale.add(key);
  }

  /** What the search looks in. */
  get words() {
    const { id, details } = this.device;
    return [id, details?.name, details?.location, details?.site].join(" ").toLowerCase();
  }

  /** @param {Row} row @param {Latest} latest */
  #drawReading(row, { metric, value, unit, quality, at }) {
    const text = formatValue(metric, value);
    if (row.number.textContent !== "" && row.number.textContent !== text && this.visible) {
      row.row.dataset.changed = "";
      this.#flashing.push(row);
    }
    setText(row.number, text);
    setText(row.unit, unitLabel(unit));
    row.row.dataset.quality = quality;
    const [mark, why] = MARKS[quality] ?? ["", ""];
    row.mark.hidden = mark === "";
    setText(row.mark, mark);
    row.mark.title = why;
    row.number.title = formatMoment(at);
  }

  /** Build what rows are missing, and put all in their order. */
  #addRows() {
    const several = new Set([...this.device.latest.values()].map(({ sensorId }) => sensorId)).size > 1;
    this.element.classList.toggle("several", several);
    for (const latest of [...this.device.latest.values()].sort(inOrder)) {
      if (!this.#rows.has(latest.key)) this.#addRow(latest);
      this.#body.append(/** @type {Row} */ (this.#rows.get(latest.key)).row);
    }
  }

  /** @param {Latest} latest */
  #addRow({ key, sensorId, metric }) {
    const row = fromTemplate("row-template");
    setText(find(row, ".metric"), metricLabel(metric));
    setText(find(row, ".sensor"), sensorId === UNNAMED ? "" : sensorId);
    const [line, area, number] = [find(row, ".line"), find(row, ".area"), find(row, ".number")];
    this.#rows.set(key, { row, line, area, number, unit: find(row, ".unit"), mark: find(row, ".mark") });
  }

  #drawActuators() {
    const items = (this.device.details?.actuators ?? []).map(({ actuatorId, state, reason, timestamp }) => {
      const [item, value] = [document.createElement("li"), document.createElement("b")];
      value.textContent = formatState(state);
      item.append(`${actuatorId} `, value);
      item.title = [`Since ${formatMoment(Date.parse(timestamp))}`, reason].filter(Boolean).join(": ");
      return item;
    });
    const text = items.map((item) => item.textContent + item.title).join();
    if (this.#actuators.dataset.shown === text) return;
    this.#actuators.dataset.shown = text;
    this.#actuators.hidden = items.length === 0;
    this.#actuators.replaceChildren(...items);
  }
}
