/** What rules are called and which limits they have, for what their alerts say. */

import { signal } from "@preact/signals";
import { graphql, type ResultOf } from "../data/graphql";
import { request } from "../data/request";

const RULE_NAMES = graphql(`
  query RuleNames { alertRules(first: 500) { nodes { id name revision condition { metric above below over window unit } } } }
`);
export type NamedRule = ResultOf<typeof RULE_NAMES>["alertRules"]["nodes"][number];

export const namedRules = signal<ReadonlyMap<string, NamedRule>>(new Map());

export async function loadRuleNames(): Promise<void> {
  const { alertRules } = await request(RULE_NAMES, {});
  namedRules.value = new Map(alertRules.nodes.map((rule) => [rule.id, rule]));
}

/** Limits of values, in the metric's unit; those of a rate or a trend are none that a chart of values could show. */
export function limitsOf({ condition }: NamedRule): number[] {
  if (condition === null || condition.over !== null || condition.window !== null) return [];
  return [condition.above, condition.below].filter((limit) => limit !== null);
}
