/** A correction as a form holds it: texts in the reader's units and clock. */

import type { VariablesOf } from "../data/graphql";
import { typed, typedDifference } from "../parts/metrics";
import type { CORRECT } from "./device-documents";
import type { Selector } from "./history";

export type CorrectionInput = VariablesOf<typeof CORRECT>["input"];
export type Operation = CorrectionInput["operation"];

const SECOND_MS = 1000;

export interface CorrectionDraft {
  operation: Operation;
  amount: string;
  reason: string;
  /** As `datetime-local` has it; empty: from the first one, or for ever. */
  from: string;
  to: string;
}

export const OPERATIONS: readonly (readonly [Operation, string])[] = [
  ["EXCLUDE", "Do not count them"], ["OFFSET", "Add to each"], ["SCALE", "Multiply each"], ["REPLACE", "Set them all to"],
  ["RESTORE", "Back to what was sent"],
];

export function takesAmount(operation: Operation): boolean {
  return operation !== "EXCLUDE" && operation !== "RESTORE";
}

export function draftOver(from: number, to: number): CorrectionDraft {
  const [start, end] = to - from > SECOND_MS ? [Math.floor(from / SECOND_MS) * SECOND_MS, Math.ceil(to / SECOND_MS) * SECOND_MS] : [from, to];
  return { operation: "EXCLUDE", amount: "", reason: "", from: localTime(start), to: localTime(end) };
}

export function correctionOf({ deviceId, sensorId, metric }: Selector, draft: CorrectionDraft, unit: string | null): CorrectionInput {
  return {
    deviceId, sensorId, metric, operation: draft.operation, reason: draft.reason.trim(),
    from: instant(draft.from), to: instant(draft.to), amount: amountOf(draft, unit),
  };
}

function amountOf({ operation, amount }: CorrectionDraft, unit: string | null): number | null {
  if (!takesAmount(operation)) return null;
  const value = Number(amount.trim().replace(",", "."));
  if (amount.trim() === "" || !Number.isFinite(value)) throw new Error(`“${amount}” is not a number.`);
  if (operation === "SCALE") return value;
  return operation === "OFFSET" ? typedDifference(value, unit) : typed(value, unit);
}

function localTime(at: number): string {
  const there = new Date(at - new Date(at).getTimezoneOffset() * 60_000);
  return there.toISOString().slice(0, -1).replace(/\.000$/, "");
}

function instant(local: string): string | null {
  return local === "" ? null : new Date(local).toISOString();
}
