/** Alerts: what is out of range and since when, why, the readings behind it; acknowledged and silenced here. */

import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { alertFeed, alerts, link, nameOf, now, store, tell } from "../data/app";
import { graphql } from "../data/graphql";
import { request, succeeded } from "../data/request";
import { ALERT, type Alert } from "../house/alerts";
import { formatMoment, formatSpan, inWords } from "../parts/format";
import { formatWithUnit, metricLabel } from "../parts/metrics";
import { addressOf } from "../parts/router";
import { Act, Choice, Tag, Time } from "../parts/ui";
import { Trace } from "./trace";

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
type Shown = "OPEN" | "CLEARED" | "REFUTED";
const STATES: readonly (readonly [Shown, string])[] = [["OPEN", "Open"], ["CLEARED", "Over"], ["REFUTED", "Were none"]];
const NONE: Record<Shown, string> = {
  OPEN: "No alert is open.",
  CLEARED: "No alert is over.",
  REFUTED: "No alert turned out to be none.",
};
const state = signal<Shown>("OPEN");

/** Live by subscription: what is open is known already, what has ended is asked for once. */
export function Alerts(): JSX.Element {
  const shown = state.value;
  const feed = alertFeed();
  const [asked, setAsked] = useState<Shown>("OPEN");
  useEffect(() => {
    if (shown === "OPEN") setAsked("OPEN");
    else feed?.loadEnded(shown).then(() => setAsked(shown), tell);
  }, [shown, feed]);
  const found = alerts.value.filter((one) => one.state === shown);
  return (
    <>
      <header class="view-head">
        <h1>Alerts</h1>
        <Choice label="Which alerts" choices={STATES} value={shown} choose={(one) => (state.value = one)} />
      </header>
      <ul class={link.value.state === "lost" ? "rows old" : "rows"}>{found.map((alert) => <Row key={alert.id} alert={alert} />)}</ul>
      {asked === shown && found.length === 0 && <p class="plain">{NONE[shown]} <a href={addressOf("rules")}>Rules</a> say what is one.</p>}
    </>
  );
}

function Row({ alert }: { alert: Alert }): JSX.Element {
  const [open, setOpen] = useState(false);
  const device = store.devices.get(alert.deviceId);
  return (
    <li class="row alert" data-alert={alert.id}>
      <h2>{alert.kind} <Tag kind={alert.severity === "CRITICAL" ? "bad" : "warn"}>{inWords(alert.severity)}</Tag></h2>
      <Tag kind={alert.state === "OPEN" ? "bad" : "good"}>{stand(alert)}</Tag>
      <p class="wide-row"><a href={addressOf("device", alert.deviceId)}>{device === undefined ? alert.deviceId : nameOf(device)}</a>: {what(alert)}</p>
      <p class="about wide-row">{since(alert)} · rule <a href={addressOf("rules", alert.ruleId)}>{alert.ruleId}</a>{alert.backfilled && " · from history that was handed in"}{seen(alert)}</p>
      <div class="acts">
        {alert.state === "OPEN" && <Acts alert={alert} />}
        <button type="button" aria-expanded={open} onClick={() => setOpen(!open)}>Why, and the readings behind</button>
      </div>
      {open && <div class="wide-row"><Trace correlationId={alert.id} /></div>}
    </li>
  );
}

function Acts({ alert }: { alert: Alert }): JSX.Element {
  const [note, setNote] = useState("");
  const acknowledge = async () => {
    const { acknowledgeAlert } = await request(ACKNOWLEDGE, { id: alert.id, note: note.trim() || null });
    alertFeed()?.take([succeeded(acknowledgeAlert).alert]);
  };
  const silence = async () => {
    const until = new Date(now.peek() + HOUR_MS).toISOString();
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
      <Act run={silence}>Silence for an hour</Act>
    </>
  );
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
  const acknowledged = acknowledgedAt === null ? "" : ` · seen by ${acknowledgedBy ?? "somebody"} at ${formatMoment(acknowledgedAt)}`;
  const said = note === null ? "" : `: “${note}”`;
  const silent = silencedUntil !== null && Date.parse(silencedUntil) > now.value ? ` · silent until ${formatMoment(silencedUntil)}` : "";
  return acknowledged + said + silent;
}
