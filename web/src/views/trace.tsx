/** A trace told in sentences: what led to it, what became of it, and what was measured after. */

import type { JSX } from "preact";
import { graphql, type ResultOf, type State } from "../data/graphql";
import { request } from "../data/request";
import { personOf } from "../house/people";
import { formatClock, formatMoment, formatState, inWords, plural } from "../parts/format";
import { formatWithUnit, metricLabel } from "../parts/metrics";
import { usePolled } from "../parts/poll";
import { Time } from "../parts/ui";

const TRACE = graphql(`
  query Trace($correlationId: ID!) {
    trace(correlationId: $correlationId) {
      truncated
      entries {
        __typename
        ... on Traced { eventId type at actor }
        ... on TracedReading { after readings { deviceId metric value unit } }
        ... on TracedRequest { commandIds }
        ... on TracedCommand { deviceId actuatorId command value }
        ... on TracedStep { deviceId actuatorId step: state reason reachedState }
        ... on TracedAnswer { deviceId toldOf: actuatorId result told: state reason late }
        ... on TracedEnd { succeeded setBack }
        ... on TracedEvent { text }
      }
    }
  }
`);
type Entry = NonNullable<ResultOf<typeof TRACE>["trace"]>["entries"][number];
type Values = Extract<Entry, { __typename: "TracedReading" }>["readings"];

const REFRESH_MS = 1000;
const NEAR_MS = 12 * 3_600_000;

export function Trace({ correlationId, id }: { correlationId: string; id?: string }): JSX.Element {
  const { data } = usePolled(correlationId, (abort) => request(TRACE, { correlationId }, abort), REFRESH_MS);
  const entries = data?.trace?.entries ?? [];
  const newest = entries.at(-1)?.at ?? "";
  const several = entries.filter(({ __typename }) => __typename === "TracedCommand").length > 1;
  return (
    <ol class="trace" id={id}>
      {entries.map((entry) => (
        <li key={entry.eventId} title={`${entry.type} ${entry.eventId}`}>
          <Time at={entry.at} format={isFar(entry.at, newest) ? formatMoment : formatClock} /> <span class="step">{sentence(entry, several)}</span>
        </li>
      ))}
      {data !== null && data.trace === null && <li><span class="step">Nothing is known of it yet.</span></li>}
      {data?.trace?.truncated && <li><span class="step">There is more of it than is shown here.</span></li>}
    </ol>
  );
}

/** Whether the time of day alone would mislead. */
function isFar(at: string, newest: string): boolean {
  return Math.abs(Date.parse(newest) - Date.parse(at)) > NEAR_MS;
}

/** `vent → 50`, or the command by its name. */
export function wanted(actuatorId: string, command: string, value: State | null): string {
  return value === null ? `${actuatorId}: ${command}` : `${actuatorId} → ${formatState(value)}`;
}

/** `several`: whether the trace is of more than one command. */
function sentence(entry: Entry, several: boolean): string {
  switch (entry.__typename) {
    case "TracedReading":
      return `${entry.after ? "Afterwards" : "Because"} ${entry.readings[0]?.deviceId}: ${values(entry.readings)}`;
    case "TracedRequest":
      return `${entry.actor === null ? "Somebody" : personOf(entry.actor)} asked for ${plural(entry.commandIds.length, "command")}`;
    case "TracedCommand":
      return `${wanted(entry.actuatorId, entry.command, entry.value)} on ${entry.deviceId}`;
    case "TracedStep":
      return step(entry, several);
    case "TracedAnswer":
      return answer(entry);
    case "TracedEnd":
      return entry.succeeded ? "All of it succeeded" : `Not all of it succeeded; ${plural(entry.setBack.length, "command")} set back`;
    case "TracedEvent":
      return `${happened(entry.type)}${entry.actor === null ? "" : ` by ${personOf(entry.actor)}`}${entry.text === null ? "" : `: ${entry.text}`}`;
  }
}

/** What other events say, in words; those that have none here go by their type. */
const EVENTS: Record<string, string> = {
  AlertRuleDefined: "The rule is defined",
  AlertRaised: "The alert is raised",
  AlertCleared: "The alert is over",
  AlertRefuted: "The alert turns out to be none",
  AlertAcknowledged: "The alert is acknowledged",
  AlertSilenced: "The alert is silenced",
  NotificationRequested: "Somebody is to be told",
  NotificationSent: "The message is taken",
  NotificationFailed: "The message is not taken yet",
  NotificationGivenUp: "The message is given up",
};

function happened(type: string): string {
  return EVENTS[type] ?? type;
}

function step(entry: Extract<Entry, { __typename: "TracedStep" }>, several: boolean): string {
  const told = withReason(inWords(entry.step), entry.reachedState, entry.reason);
  return several ? `${entry.actuatorId} on ${entry.deviceId}: ${told}` : told;
}

function answer({ result, toldOf, deviceId, late, told, reason }: Extract<Entry, { __typename: "TracedAnswer" }>): string {
  const what = result === null ? `tells ${toldOf}` : `answers ${inWords(result)}`;
  return withReason(`${deviceId} ${what}${late ? ", too late" : ""}`, told, reason);
}

function values(readings: Values): string {
  return readings.map(({ metric, value, unit }) => `${metricLabel(metric)} ${formatWithUnit(metric, value, unit)}`).join(", ");
}

function withReason(what: string, state: State | null, reason: string | null): string {
  const told = state === null ? what : `${what}: ${formatState(state)}`;
  return reason === null ? told : `${told} (${reason})`;
}
