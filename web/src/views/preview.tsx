/** What a rule would have said: counted, listed, and drawn over the history that it is about. */

import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { calledOf, socket, store } from "../data/app";
import { serverNow } from "../data/clock";
import { graphql, type ResultOf } from "../data/graphql";
import { refusal } from "../data/request";
import type { Selector } from "../house/history";
import { type Draft, inputOf, limitsOf } from "../house/rule";
import { inPlainWords } from "../parts/errors";
import { formatMoment, formatSpan, plural } from "../parts/format";
import { COMPUTED, formatWithUnit, metricLabel } from "../parts/metrics";
import { Choice } from "../parts/ui";
import { Past } from "./past";

const BACKTEST = graphql(`
  subscription Backtest($rule: AlertRuleInput!, $from: DateTime!, $to: DateTime!, $basis: BacktestBasis!) {
    backtest(rule: $rule, from: $from, to: $to, basis: $basis) {
      __typename
      ... on BacktestProgress { share }
      ... on Backtest {
        total refuted raisedTotal lookedAt series seconds
        alerts { deviceId sensorId metric since raised cleared ended value refuted alertId }
      }
    }
  }
`);
type Backtest = Extract<ResultOf<typeof BACKTEST>["backtest"], { __typename: "Backtest" }>;
type Found = Backtest["alerts"][number];

const SPANS = [["3600000", "1 hour"], ["86400000", "1 day"], ["604800000", "1 week"], ["2592000000", "30 days"]] as const;
const BASES = [["AS_CORRECTED", "As it is known now"], ["AS_KNOWN", "As it was known then"]] as const;
const DRAWN = 4; // series
const LISTED = 50;

export function Preview({ draft, unit, failed }: {
  draft: Draft;
  unit: string | null;
  failed: (reason: string) => void;
}): JSX.Element {
  const [length, setLength] = useState<(typeof SPANS)[number][0]>("86400000");
  const [basis, setBasis] = useState<(typeof BASES)[number][0]>("AS_CORRECTED");
  const [told, setTold] = useState<{ backtest: Backtest; from: number; to: number } | null>(null);
  const [share, setShare] = useState(0);
  useEffect(() => {
    const to = serverNow();
    const from = to - Number(length);
    const [start, end] = [from, to].map((at) => new Date(at).toISOString());
    setTold(null);
    setShare(0);
    return socket()?.add({
      document: BACKTEST,
      variables: () => ({ rule: inputOf(draft, unit), from: start, to: end, basis }),
      next: (data) => {
        const { backtest } = data as ResultOf<typeof BACKTEST>;
        if (backtest.__typename === "Backtest") setTold({ backtest, from, to });
        else setShare(backtest.share);
      },
      failed: (errors) => failed(inPlainWords(refusal(errors))),
      complete: () => undefined,
    });
  }, [length, basis]);
  return (
    <section class="panel stack" aria-labelledby="preview-title">
      <header class="chart-head">
        <h2 id="preview-title">What it would have said</h2>
        <Choice label="Of the last" choices={SPANS} value={length} choose={setLength} />
        <Choice label="Of the past" choices={BASES} value={basis} choose={setBasis} />
      </header>
      <p id="preview-total" role="status">{told === null ? "Looking at the past…" : summary(told.backtest)}</p>
      {told === null && share > 0 && <progress max={1} value={share} aria-label="How much of the past was looked at" />}
      {told !== null && draft.kind !== "silence" && seriesOf(draft, told.backtest).map((selector) => (
        <Over key={Object.values(selector).join("/")} selector={selector} draft={draft} told={told} />
      ))}
      {told !== null && <Found alerts={told.backtest.alerts} unit={unit} />}
    </section>
  );
}

function summary({ total, refuted, raisedTotal, lookedAt, series, seconds }: Backtest): string {
  const raised = raisedTotal > 0 ? ` The rule as it was did raise ${plural(raisedTotal, "alert")}.` : "";
  const none = refuted > 0 ? `, ${refuted} of which turned out to be none` : "";
  return `${plural(total, "alert")}${none}; looked at ${plural(lookedAt, "reading")} of ${plural(series, "series", "series")} in ${seconds.toFixed(1)} s.${raised}`;
}

/** One series of the rule over the past, its limits as lines, its alerts shaded. */
function Over({ selector, draft, told }: { selector: Selector; draft: Draft; told: { backtest: Backtest; from: number; to: number } }): JSX.Element {
  const { backtest, from, to } = told;
  const alerts = backtest.alerts.filter((one) => one.deviceId === selector.deviceId && (one.sensorId ?? selector.sensorId) === selector.sensorId);
  const stretches = alerts.map(({ since, cleared, ended }) => ({ from: Date.parse(since), to: Date.parse(cleared ?? ended ?? "") || to }));
  const title = `${metricLabel(selector.metric)} of ${calledOf(selector.deviceId)}, ${selector.sensorId}`;
  const count = plural(alerts.length, "alert");
  return (
    <div>
      <h3>{title}: {count}</h3>
      <Past selector={selector} from={from} to={to} stretches={stretches} limits={limitsOf(draft)} label={`${title}, with ${count} shaded`} />
    </div>
  );
}

function Found({ alerts, unit }: { alerts: readonly Found[]; unit: string | null }): JSX.Element | null {
  if (alerts.length === 0) return null;
  return (
    <details>
      <summary>The {alerts.length > LISTED ? `last ${LISTED}` : "alerts"} one by one</summary>
      <ul class="marks">
        {alerts.slice(-LISTED).map((one) => (
          <li key={`${one.deviceId} ${one.sensorId} ${one.since}`}>
            {formatMoment(one.since)}, {calledOf(one.deviceId)} {one.sensorId}{one.value !== null && one.metric !== null && `: ${formatWithUnit(one.metric, one.value, unit)}`},{" "}
            {one.cleared === null ? "not over" : `for ${formatSpan(Date.parse(one.cleared) - Date.parse(one.since))}`}{one.refuted && ", was none"}{one.alertId !== null && ", was raised"}
          </li>
        ))}
      </ul>
    </details>
  );
}

/** Those with alerts first: what one wants to see. */
function seriesOf(draft: Draft, { alerts }: Backtest): Selector[] {
  const fitting = [...store.devices.values()].filter(({ id, details }) => within(draft, id, details?.location ?? ""));
  const all = fitting.flatMap(({ id, latest }) =>
    sensorsWith(draft.metric, [...latest.values()]).filter((sensorId) => draft.sensorId === "" || sensorId === draft.sensorId)
      .map((sensorId) => ({ deviceId: id, sensorId, metric: draft.metric })));
  const count = ({ deviceId, sensorId }: Selector) => alerts.filter((one) => one.deviceId === deviceId && one.sensorId === sensorId).length;
  return all.sort((a, b) => count(b) - count(a)).slice(0, DRAWN);
}

/** Sensors that measure it, or all that it is computed of. */
function sensorsWith(metric: string, latest: { sensorId: string; metric: string }[]): string[] {
  const has = (sensor: string, wanted: string) => latest.some((one) => one.sensorId === sensor && one.metric === wanted);
  return [...new Set(latest.map(({ sensorId }) => sensorId))]
    .filter((sensor) => has(sensor, metric) || (COMPUTED[metric]?.of.every((input) => has(sensor, input)) ?? false));
}

function within({ deviceId, location }: Draft, id: string, place: string): boolean {
  return (deviceId === "" || id === deviceId) && (location === "" || `${place}/`.startsWith(`${location}/`));
}
