/** An alert rule as a form holds it: texts in the reader's units, and what the form does not show kept as it is. */

import { graphql, type ResultOf, type VariablesOf } from "../data/graphql";
import { shown, shownDifference, typed, typedDifference } from "../parts/metrics";
import { parseDuration } from "../parts/format";
import { hoursOf } from "../parts/hours";
import { durationOf } from "../parts/minutes";

export const RULE = graphql(`
  fragment Rule on AlertRule {
    id name kind enabled evaluateBackfill severity for clearFor againWithin revision definedAt definedBy
    condition { metric above below hysteresis basis over window anomaly unit }
    hours { days start end }
    where { deviceId deviceType location sensorId siteId }
  }
`);
export type Rule = ResultOf<typeof RULE>;

export const DEFINE_RULE = graphql(
  `mutation DefineRule($input: AlertRuleInput!) {
    defineAlertRule(input: $input) {
      __typename ... on DefineAlertRuleSuccess { cursor rule { ...Rule } } ... on OperationError { code message retryAt }
    }
  }`,
  [RULE],
);
export type RuleInput = VariablesOf<typeof DEFINE_RULE>["input"];

export type Kind = "threshold" | "minutes" | "rate" | "trend" | "anomaly" | "silence";

export interface Draft {
  id: string;
  name: string;
  kind: Kind;
  metric: string;
  unit: string | null; // of the metric that it began with
  above: string;
  below: string;
  hysteresis: string;
  for: string; // minutes
  clearFor: string;
  againWithin: string;
  over: string; // minutes, of a rate or a trend
  unusual: "MINOR" | "MAJOR" | "CRITICAL"; // of an anomaly: from then on
  severity: "INFO" | "WARNING" | "CRITICAL";
  location: string;
  deviceId: string;
  sensorId: string;
  hoursFrom: string; // "06:00"; both empty: always
  hoursTo: string;
  enabled: boolean;
  backfill: boolean;
  kept: { days: readonly number[]; deviceType: string | null; siteId: string | null };
}

export const NEW: Draft = {
  id: "", name: "", kind: "threshold", metric: "temperature", unit: "degC", above: "", below: "", hysteresis: "0.5", for: "5", clearFor: "0",
  againWithin: "10", over: "60", unusual: "MAJOR", severity: "WARNING", location: "", deviceId: "", sensorId: "", hoursFrom: "", hoursTo: "", enabled: true, backfill: false,
  kept: { days: [], deviceType: null, siteId: null },
};

export function draftOf(rule: Rule): Draft {
  const { condition, where } = rule;
  const unit = condition?.unit ?? null;
  const kind = kindOf(condition);
  const limit = isDifference(kind) ? shownDifference : shown;
  const text = (value: number | null | undefined, as: typeof limit) => (value == null ? "" : String(rounded(as(value, unit))));
  return {
    id: rule.id, name: rule.name, kind, metric: condition?.metric ?? NEW.metric, unit: condition === null ? NEW.unit : unit, severity: rule.severity, enabled: rule.enabled, backfill: rule.evaluateBackfill,
    above: text(condition?.above, limit), below: text(condition?.below, limit),
    hysteresis: text(condition?.hysteresis ?? 0, shownDifference),
    for: minutes(rule.for), clearFor: minutes(rule.clearFor), againWithin: minutes(rule.againWithin),
    over: minutes(condition?.over ?? condition?.window ?? "PT1H"), unusual: condition?.anomaly ?? "MAJOR",
    location: where.location ?? "", deviceId: where.deviceId ?? "", sensorId: where.sensorId ?? "",
    hoursFrom: rule.hours?.start ?? "", hoursTo: rule.hours?.end ?? "",
    kept: { days: rule.hours?.days ?? [], deviceType: where.deviceType, siteId: where.siteId },
  };
}

/** The rule to send; `unit` is that of its metric. What a silence cannot have is left out. */
export function inputOf(draft: Draft, unit: string | null): RuleInput {
  const { kept } = draft;
  const place = { location: draft.location || null, deviceId: draft.deviceId || null, deviceType: kept.deviceType, siteId: kept.siteId };
  const input = { ruleId: draft.id, name: draft.name || draft.id, severity: draft.severity, enabled: draft.enabled, for: durationOf(draft.for) };
  if (draft.kind === "silence") return { ...input, where: place, silence: true };
  return {
    ...input, ...conditionOf(draft, unit), where: { ...place, sensorId: draft.sensorId || null },
    clearFor: durationOf(draft.clearFor), againWithin: durationOf(draft.againWithin),
    hours: hoursOf(draft.hoursFrom, draft.hoursTo, kept.days), evaluateBackfill: draft.backfill,
  };
}

function conditionOf({ kind, metric, unusual, ...draft }: Draft, unit: string | null): Partial<RuleInput> {
  if (kind === "anomaly") return { anomaly: { metric, severity: unusual } };
  const convert = isDifference(kind) ? typedDifference : typed;
  const limits = {
    metric,
    above: numberOf(draft.above, (value) => convert(value, unit)),
    below: numberOf(draft.below, (value) => convert(value, unit)),
    hysteresis: numberOf(draft.hysteresis, (value) => typedDifference(value, unit)) ?? 0,
  };
  if (kind === "rate") return { rate: { ...limits, over: durationOf(draft.over) } };
  if (kind === "trend") return { trend: { ...limits, window: durationOf(draft.over) } };
  return { threshold: { ...limits, basis: kind === "minutes" ? "MINUTES" : "READINGS" } };
}

/** The limits of a threshold as the reader sees them; others have none that a chart of values could show. */
export function limitsOf({ kind, above, below }: Draft): number[] {
  if (kind !== "threshold" && kind !== "minutes") return [];
  return [above, below].filter((text) => text.trim() !== "").map(plain).filter(Number.isFinite);
}

function kindOf(condition: Rule["condition"]): Kind {
  if (condition === null) return "silence";
  if (condition.over !== null) return "rate";
  if (condition.window !== null) return "trend";
  if (condition.anomaly !== null) return "anomaly";
  return condition.basis === "MINUTES" ? "minutes" : "threshold";
}

function isDifference(kind: Kind): boolean {
  return kind === "rate" || kind === "trend";
}

function numberOf(text: string, convert: (value: number) => number): number | null {
  if (text.trim() === "") return null;
  if (!Number.isFinite(plain(text))) throw new Error(`“${text}” is not a number.`);
  return rounded(convert(plain(text)));
}

/** A number as people write it, with a point or a comma. */
function plain(text: string): number {
  return Number(text.trim().replace(",", "."));
}

function minutes(text: string): string {
  return String(rounded(parseDuration(text) / 60_000));
}

function rounded(value: number): number {
  return Number(value.toFixed(6));
}
