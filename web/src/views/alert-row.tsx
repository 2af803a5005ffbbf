/** One alert: what is wrong where, since when, how it is now, and what one can do about it. */

import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { alertFeed, calledOf, now, store, version } from "../data/app";
import { graphql } from "../data/graphql";
import { request, succeeded } from "../data/request";
import { ALERT, type Alert } from "../house/alerts";
import { personOf } from "../house/people";
import { namedRules } from "../house/rule-names";
import { formatMoment, formatSpan, inWords } from "../parts/format";
import { formatWithUnit, metricLabel } from "../parts/metrics";
import { addressOf } from "../parts/router";
import { Act, Tag, Time } from "../parts/ui";
import { Why } from "./alert-why";

const ACKNOWLEDGE = graphql(
  `mutation Acknowledge($id: ID!, $note: String) {
    acknowledgeAlert(id: $id, note: $note) {
      __typename ... on AcknowledgeAlertSuccess { alert { ...Standing } } ... on OperationError { code message retryAt }
    }
  }`,
  [ALERT],
);
const SILENCE = graphql(
  `mutation Silence($id: ID!, $until: DateTime!) {
    silenceAlert(id: $id, until: $until) {
      __typename ... on SilenceAlertSuccess { alert { ...Standing } } ... on OperationError { code message retryAt }
    }
  }`,
  [ALERT],
);

const HOUR_MS = 3_600_000;
const SILENCES: readonly (readonly [string, number])[] = [["an hour", HOUR_MS], ["a day", 24 * HOUR_MS]];
const KINDS: Record<Alert["severity"], string> = { CRITICAL: "bad", WARNING: "warn", INFO: "" };

/** Alerts that somebody looks into: they stay where they are, also when they end. */
export const opened = signal<ReadonlySet<string>>(new Set());

function toggle(id: string): void {
  opened.value = new Set(opened.value.has(id) ? [...opened.value].filter((one) => one !== id) : [...opened.value, id]);
}

export function AlertRow({ alert }: { alert: Alert }): JSX.Element {
  const open = opened.value.has(alert.id);
  const { id, severity, ruleId, kind, deviceId } = alert;
  return (
    <li class="row alert" data-alert={id} data-severity={severity} data-state={alert.state}>
      <h2>{namedRules.value.get(ruleId)?.name ?? kind} <Tag kind={KINDS[severity]}>{inWords(severity)}</Tag></h2>
      <Tag kind={alert.state === "OPEN" ? "bad" : "good"}>{stand(alert)}</Tag>
      <p class="wide-row"><a href={addressOf("device", deviceId)}>{calledOf(deviceId)}</a>: {what(alert)}<Now alert={alert} /></p>
      <p class="about wide-row">{since(alert)} · {kind}, rule <a href={addressOf("rules", ruleId)}>{ruleId}</a>{alert.backfilled && " · from history that was handed in"}{seen(alert)}</p>
      <div class="acts">
        {alert.state === "OPEN" && <Acts alert={alert} />}
        <button type="button" aria-expanded={open} onClick={() => toggle(id)}>Why, and the readings behind</button>
      </div>
      {open && <div class="wide-row"><Why alert={alert} /></div>}
    </li>
  );
}

/** What the sensor says now, while the alert is open. */
function Now({ alert: { deviceId, sensorId, metric, state } }: { alert: Alert }): JSX.Element | null {
  version(deviceId).value;
  const latest = store.devices.get(deviceId)?.latest.get(`${sensorId} ${metric}`);
  if (state !== "OPEN" || metric === null || latest === undefined) return null;
  return <>, now <b class="now">{formatWithUnit(metric, latest.value, latest.unit)}</b></>;
}

function Acts({ alert }: { alert: Alert }): JSX.Element {
  const [note, setNote] = useState("");
  const acknowledge = async () => {
    const row = document.activeElement?.closest("li");
    const { acknowledgeAlert } = await request(ACKNOWLEDGE, { id: alert.id, note: note.trim() || null });
    alertFeed()?.take([succeeded(acknowledgeAlert).alert]);
    setTimeout(() => stayAt(row)); // the button is gone, and its row may be elsewhere
  };
  const silence = async (span: number) => {
    const until = new Date(now.peek() + span).toISOString();
    alertFeed()?.take([succeeded((await request(SILENCE, { id: alert.id, until })).silenceAlert).alert]);
  };
  return (
    <>
      {alert.acknowledgedAt === null && (
        <>
          <input aria-label="Note" placeholder="Note" value={note} maxLength={1000} onInput={(event) => setNote(event.currentTarget.value)} />
          <Act class="primary" run={acknowledge}>Acknowledge</Act>
        </>
      )}
      {SILENCES.map(([text, span]) => <Act key={text} run={() => silence(span)}>{`Silence for ${text}`}</Act>)}
    </>
  );
}

/** Who lost his place in a row is at its last button. */
function stayAt(row: Element | null | undefined): void {
  if (document.activeElement === document.body) row?.querySelector<HTMLElement>("[aria-expanded]")?.focus({ preventScroll: true });
}

function stand({ state: stands, acknowledgedAt }: Alert): string {
  if (stands === "OPEN") return acknowledgedAt === null ? "open" : "open, acknowledged";
  return stands === "CLEARED" ? "over" : "was none";
}

function what({ metric, sensorId, value, unit, refutedBecause }: Alert): string {
  if (metric === null) return "it says nothing";
  const told = `${metricLabel(metric)} of ${sensorId} was ${formatWithUnit(metric, value, unit)}`;
  return refutedBecause === null ? told : `${told}; ${refutedBecause}`;
}

function since(alert: Alert): JSX.Element {
  const end = alert.overSince ?? alert.endedAt;
  const lasted = (end === null ? now.value : Date.parse(end)) - Date.parse(alert.since);
  return <>since <Time at={alert.since} />, {end === null ? "for" : "it lasted"} {formatSpan(Math.max(0, lasted))}</>;
}

function seen({ acknowledgedAt, acknowledgedBy, note, silencedUntil }: Alert): string {
  const acknowledged = acknowledgedAt === null ? "" : ` · seen by ${acknowledgedBy === null ? "somebody" : personOf(acknowledgedBy)} at ${formatMoment(acknowledgedAt)}`;
  const said = note === null ? "" : `: “${note}”`;
  const silent = silencedUntil !== null && Date.parse(silencedUntil) > now.value ? ` · silent until ${formatMoment(silencedUntil)}` : "";
  return acknowledged + said + silent;
}
