/** Alerts: what is out of range and since when, why, the readings behind it; acknowledged and silenced here. */

import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { useRef, useState } from "preact/hooks";
import { checkAlerts, nameOf, now, store } from "../data/app";
import { graphql, type ResultOf } from "../data/graphql";
import { request, succeeded } from "../data/request";
import { formatMoment, formatSpan, inWords } from "../parts/format";
import { formatWithUnit, metricLabel } from "../parts/metrics";
import { usePolled } from "../parts/poll";
import { addressOf } from "../parts/router";
import { Act, Choice, Tag, Time } from "../parts/ui";
import { Trace } from "./trace";

const ALERT = graphql(`
  fragment Standing on Alert {
    id kind deviceId sensorId metric value unit severity state since overSince endedAt
    acknowledgedAt acknowledgedBy note silencedUntil refutedBecause ruleId
  }
`);
const ALERTS = graphql(
  `query Alerts($state: AlertState, $atLeast: Cursor) {
    alerts(first: 100, state: $state, atLeast: $atLeast) { nodes { ...Standing } }
  }`,
  [ALERT],
);
type Alert = ResultOf<typeof ALERT>;

const ACKNOWLEDGE = graphql(`
  mutation Acknowledge($id: ID!, $note: String) {
    acknowledgeAlert(id: $id, note: $note) {
      __typename ... on AcknowledgeAlertSuccess { cursor } ... on OperationError { code message }
    }
  }
`);
const SILENCE = graphql(`
  mutation Silence($id: ID!, $until: DateTime!) {
    silenceAlert(id: $id, until: $until) {
      __typename ... on SilenceAlertSuccess { cursor } ... on OperationError { code message }
    }
  }
`);

const REFRESH_MS = 2000;
const HOUR_MS = 3_600_000;
type Shown = "OPEN" | "CLEARED" | "REFUTED";
const STATES: readonly (readonly [Shown, string])[] = [["OPEN", "Open"], ["CLEARED", "Over"], ["REFUTED", "Were none"]];
const NONE: Record<Shown, string> = {
  OPEN: "No alert is open.",
  CLEARED: "No alert is over.",
  REFUTED: "No alert turned out to be none.",
};
const state = signal<Shown>("OPEN");

export function Alerts(): JSX.Element {
  const cursor = useRef<string | null>(null);
  const ask = (abort: AbortSignal) => request(ALERTS, { state: state.value, atLeast: cursor.current }, abort);
  const { data, again } = usePolled(state.value, ask, REFRESH_MS);
  const changed = (at: string) => {
    cursor.current = at;
    again();
    void checkAlerts();
  };
  const alerts = data?.alerts.nodes;
  return (
    <>
      <header class="view-head">
        <h1>Alerts</h1>
        <Choice label="Which alerts" choices={STATES} value={state.value} choose={(one) => (state.value = one)} />
      </header>
      <ul class="rows">{alerts?.map((alert) => <Row key={alert.id} alert={alert} changed={changed} />)}</ul>
      {alerts?.length === 0 && <p class="plain">{NONE[state.value]} <a href={addressOf("rules")}>Rules</a> say what is one.</p>}
    </>
  );
}

function Row({ alert, changed }: { alert: Alert; changed: (cursor: string) => void }): JSX.Element {
  const [open, setOpen] = useState(false);
  const device = store.devices.get(alert.deviceId);
  return (
    <li class="row alert" data-alert={alert.id}>
      <h2>{alert.kind} <Tag kind={alert.severity === "CRITICAL" ? "bad" : "warn"}>{inWords(alert.severity)}</Tag></h2>
      <Tag kind={alert.state === "OPEN" ? "bad" : "good"}>{stand(alert)}</Tag>
      <p class="wide-row"><a href={addressOf("device", alert.deviceId)}>{device === undefined ? alert.deviceId : nameOf(device)}</a>: {what(alert)}</p>
      <p class="about wide-row">{since(alert)} · rule <a href={addressOf("rules", alert.ruleId)}>{alert.ruleId}</a>{seen(alert)}</p>
      <div class="acts">
        {alert.state === "OPEN" && <Acts alert={alert} changed={changed} />}
        <button type="button" aria-expanded={open} onClick={() => setOpen(!open)}>Why, and the readings behind</button>
      </div>
      {open && <div class="wide-row"><Trace correlationId={alert.id} /></div>}
    </li>
  );
}

function Acts({ alert, changed }: { alert: Alert; changed: (cursor: string) => void }): JSX.Element {
  const [note, setNote] = useState("");
  const acknowledge = async () => {
    const { acknowledgeAlert } = await request(ACKNOWLEDGE, { id: alert.id, note: note.trim() || null });
    changed(succeeded(acknowledgeAlert).cursor);
  };
  const silence = async () => {
    const until = new Date(now.peek() + HOUR_MS).toISOString();
    changed(succeeded((await request(SILENCE, { id: alert.id, until })).silenceAlert).cursor);
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
