/** Alert rules: what there is, and a form for one of them. */

import type { JSX } from "preact";
import { graphql, type ResultOf } from "../data/graphql";
import { request } from "../data/request";
import { personOf } from "../house/people";
import { NEW, draftOf, RULE, type Rule } from "../house/rule";
import { formatSpan, inWords, parseDuration } from "../parts/format";
import { formatWithUnit, metricLabel, shownDifference, unitLabel } from "../parts/metrics";
import { usePolled } from "../parts/poll";
import { addressOf } from "../parts/router";
import { Tag, Time } from "../parts/ui";
import { RuleForm } from "./rule-form";
import { RulesHead } from "./rules-head";

const RULES = graphql(
  `query Rules($after: String) { alertRules(first: 500, after: $after) { nodes { ...Rule } pageInfo { hasNextPage endCursor } } }`,
  [RULE],
);
type Page = ResultOf<typeof RULES>["alertRules"];

const REFRESH_MS = 10_000;
const ADD = "new";

export function Rules({ parts: [place] }: { parts: string[] }): JSX.Element {
  const { data: rules, again } = usePolled("rules", ask, REFRESH_MS);
  const chosen = rules?.find(({ id }) => id === place);
  if (place === ADD && chosen === undefined) return <RuleForm key={ADD} start={NEW} saved={again} />;
  if (chosen !== undefined) return <RuleForm key={chosen.id} start={draftOf(chosen)} saved={again} />;
  return (
    <>
      <RulesHead at="rules" />
      <ul class="rows">{rules?.map((rule) => <Row key={rule.id} rule={rule} />)}</ul>
      {rules?.length === 0 && <p class="plain">There is no rule yet, so nothing is an alert.</p>}
      {place !== undefined && rules !== null && <p class="plain">There is no rule {place}.</p>}
    </>
  );
}

/** All of them, page by page. */
async function ask(abort: AbortSignal): Promise<readonly Rule[]> {
  const rules: Rule[] = [];
  for (let after: string | null = null, more = true; more;) {
    const { nodes, pageInfo } = (await request(RULES, { after }, abort)).alertRules as Page;
    rules.push(...nodes);
    [after, more] = [pageInfo.endCursor, pageInfo.hasNextPage];
  }
  return rules;
}

function Row({ rule }: { rule: Rule }): JSX.Element {
  return (
    <li class="row">
      <h2><a href={addressOf("rules", rule.id)}>{rule.name}</a></h2>
      <Tag kind={rule.enabled ? "good" : ""}>{rule.enabled ? "in force" : "out of force"}</Tag>
      <p class="wide-row">{sentence(rule)}</p>
      <p class="about wide-row">
        {rule.kind}, {inWords(rule.severity)} · defined <Time at={rule.definedAt} />{rule.definedBy !== null && ` by ${personOf(rule.definedBy)}`}
      </p>
    </li>
  );
}

function sentence({ condition, where, for: lasting }: Rule): string {
  const place = where.deviceId ?? where.location ?? where.siteId ?? where.deviceType ?? "the whole house";
  const span = parseDuration(lasting);
  const held = span > 0 ? ` for ${formatSpan(span)}` : "";
  if (condition === null) return `A device of ${place} says nothing${held}`;
  return `${metricLabel(condition.metric)} in ${place} ${limits(condition)}${held}`;
}

function limits({ metric, above, below, unit, over, window, anomaly }: NonNullable<Rule["condition"]>): string {
  if (anomaly !== null) return `is unlike the days before: ${inWords(anomaly)}${anomaly === "CRITICAL" ? "" : " or worse"}`;
  const moves = over !== null || window !== null;
  const told = (value: number) =>
    moves ? `${Number(shownDifference(value, unit).toFixed(2))} ${unitLabel(unit)} an hour` : formatWithUnit(metric, value, unit);
  const parts = [above === null ? "" : `above ${told(above)}`, below === null ? "" : `below ${told(below)}`];
  return `${moves ? "changes " : ""}${parts.filter(Boolean).join(" or ")}`;
}
