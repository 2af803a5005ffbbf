/** The trace of a command, told in sentences: what led to it, what became of it, and what was measured after. */

import { find, fromTemplate, setText } from "./card.js";
import { formatClock, formatMoment, formatState, formatValue, metricLabel, plural, unitLabel } from "./format.js";
import { request } from "./graphql.js";
import { TRACE } from "./queries.js";

/** @typedef {import("./queries.js").Traced} Traced @typedef {import("./queries.js").Reading} Reading */

export class Trace {
  #told = "";

  /** @param {HTMLElement} list @param {string} id @param {string} correlationId */
  constructor(list, id, correlationId) {
    this.list = list;
    this.list.id = id;
    this.correlationId = correlationId;
  }

  get isOpen() {
    return !this.list.hidden;
  }

  /** Show it as it is now; what somebody reads is not written anew where nothing changed. */
  async load() {
    this.list.hidden = false;
    const { trace } = await request(TRACE, { correlationId: this.correlationId });
    const told = JSON.stringify(trace);
    if (told === this.#told) return;
    this.#told = told;
    const entries = trace?.entries ?? [];
    const several = entries.filter((entry) => entry.__typename === "TracedCommand").length > 1;
    this.list.replaceChildren(...entries.map((entry) => draw(entry, several)));
    if (trace === null) this.list.append(note("Nothing is known of it yet."));
    if (trace?.truncated) this.list.append(note("There is more of it than is shown here."));
  }

  close() {
    this.list.hidden = true;
  }
}

/** `vent → 50`, or the command by its name. @param {string} actuatorId @param {string} command @param {unknown} value */
export function wanted(actuatorId, command, value) {
  return value === null ? `${actuatorId}: ${command}` : `${actuatorId} → ${formatState(value)}`;
}

/** `TIMED_OUT` -> "timed out". @param {string} state */
export function stateLabel(state) {
  return state.toLowerCase().replaceAll("_", " ");
}

/** @param {HTMLElement} element @param {string} moment @param {(milliseconds: number) => string} [format] */
export function writeTime(element, moment, format = formatMoment) {
  /** @type {HTMLTimeElement} */ (element).dateTime = moment;
  element.title = formatMoment(Date.parse(moment));
  setText(element, format(Date.parse(moment)));
}

/** @param {Traced} entry @param {boolean} several whether the trace is of more than one command */
function draw(entry, several) {
  const item = note((SENTENCES[entry.__typename] ?? SENTENCES.TracedEvent)(entry, several));
  writeTime(find(item, "time"), entry.at, formatClock);
  item.title = `${entry.type} ${entry.eventId}`;
  return item;
}

/** @param {string} text */
function note(text) {
  const item = fromTemplate("step-template");
  setText(find(item, ".step"), text);
  return item;
}

/** @type {Record<string, (entry: any, several: boolean) => string>} */
const SENTENCES = {
  TracedReading: ({ after, readings }) => `${after ? "Afterwards" : "Because"} ${readings[0]?.deviceId}: ${values(readings)}`,
  TracedRequest: ({ actor, commandIds }) => `${actor ?? "Somebody"} asked for ${plural(commandIds.length, "command")}`,
  TracedCommand: ({ deviceId, actuatorId, command, value }) => `${wanted(actuatorId, command, value)} on ${deviceId}`,
  TracedStep: ({ deviceId, actuatorId, step, reason, reachedState }, several) => {
    const told = withReason(stateLabel(step), reachedState, reason);
    return several ? `${actuatorId} on ${deviceId}: ${told}` : told;
  },
  TracedAnswer: ({ deviceId, toldOf, result, told, reason, late }) => {
    const what = result === null ? `tells ${toldOf}` : `answers ${stateLabel(result)}`;
    return withReason(`${deviceId} ${what}${late ? ", too late" : ""}`, told, reason);
  },
  TracedEnd: ({ succeeded, setBack }) =>
    succeeded ? "All of it succeeded" : `Not all of it succeeded; ${plural(setBack.length, "command")} set back`,
  TracedEvent: ({ type, actor }) => (actor === null ? type : `${type} by ${actor}`),
};

/** @param {Reading[]} readings */
function values(readings) {
  return readings.map(valueOf).join(", ");
}

/** @param {Reading} reading */
function valueOf({ metric, value, unit }) {
  return `${metricLabel(metric)} ${formatValue(metric, value)} ${unitLabel(unit)}`.trim();
}

/** @param {string} what @param {unknown} state @param {string | null} reason */
function withReason(what, state, reason) {
  const told = state === null ? what : `${what}: ${formatState(state)}`;
  return reason === null ? told : `${told} (${reason})`;
}
