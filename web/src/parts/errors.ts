/** What went wrong, in words that say what it means for the reader; then the server's own. */

import { GraphQLError } from "../data/request";
import { formatClock } from "./format";

const MEANING: Record<string, string> = {
  FORBIDDEN: "Your key may not do this",
  NOT_FOUND: "That is not there",
  INVALID_INPUT: "That cannot be right",
  CONFLICT: "Not as things are now",
  NOT_ALLOWED: "The actuator does not take this",
  ACTUATOR_BUSY: "The actuator is still busy",
  OVERRIDDEN: "Somebody switched it by hand",
  INTERLOCKED: "Held back so that no harm is done",
  STALE_STATE: "Held back, since nobody knows how things are there",
  DEVICE_OFFLINE: "The device cannot be reached",
  DEVICE_RETIRED: "The device is out of service",
  TOO_LATE: "Too late",
  LIMIT_EXCEEDED: "That is too much at once",
  UNAVAILABLE: "This part of the server is away just now",
  NOT_YET_VISIBLE: "It is not to be seen yet; look again in a moment",
  BEYOND_RETENTION: "That is older than what is kept",
  INTERNAL: "The server failed at this, and its log says why",
};

export function inPlainWords(error: unknown): string {
  if (!(error instanceof GraphQLError)) return error instanceof Error ? error.message : String(error);
  const { code, message, retryAt } = error;
  const meaning = MEANING[code];
  const told = meaning === undefined ? message : `${meaning}: ${message}`;
  const again = retryAt === null ? "" : ` It can be tried again at ${formatClock(retryAt)}.`;
  return `${told.replace(/[.\s]*$/, "")}.${again}`;
}
