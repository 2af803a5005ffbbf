/** Who is told of alerts, as a form holds it; what the form does not show is kept as it is. */

import { graphql, type ResultOf, type VariablesOf } from "../data/graphql";
import { parseDuration } from "../parts/format";
import { hoursOf } from "../parts/hours";
import { durationOf } from "../parts/minutes";

export const RECIPIENT = graphql(`
  fragment Told on Recipient {
    id name targets least enabled onlyEscalated criticalAnyHour timeZone
    quiet { days start end }
    escalation { after to }
    where { deviceId deviceType location sensorId siteId }
  }
`);
export type Recipient = ResultOf<typeof RECIPIENT>;

export const DEFINE_RECIPIENT = graphql(
  `mutation DefineRecipient($input: RecipientInput!) {
    defineRecipient(input: $input) {
      __typename ... on DefineRecipientSuccess { cursor recipient { ...Told } } ... on OperationError { code message retryAt }
    }
  }`,
  [RECIPIENT],
);
export type RecipientInput = VariablesOf<typeof DEFINE_RECIPIENT>["input"];

export interface Draft {
  id: string;
  name: string;
  targets: string; // names with commas between
  least: "INFO" | "WARNING" | "CRITICAL";
  location: string;
  deviceId: string;
  timeZone: string;
  quietFrom: string; // "22:00"; empty: none
  quietTo: string;
  criticalAnyHour: boolean;
  escalateAfter: string; // minutes
  escalateTo: string; // empty: to nobody
  onlyEscalated: boolean;
  enabled: boolean;
  kept: { days: readonly number[]; deviceType: string | null; sensorId: string | null; siteId: string | null };
}

export function newRecipient(): Draft {
  return {
    id: "", name: "", targets: "", least: "WARNING", location: "", deviceId: "", timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    quietFrom: "", quietTo: "", criticalAnyHour: true, escalateAfter: "15", escalateTo: "", onlyEscalated: false, enabled: true,
    kept: { days: [], deviceType: null, sensorId: null, siteId: null },
  };
}

export function draftOf({ quiet, escalation, where, targets, ...same }: Recipient): Draft {
  const { id, name, least, timeZone, criticalAnyHour, onlyEscalated, enabled } = same;
  const { deviceType, sensorId, siteId } = where;
  return {
    id, name, least, timeZone, criticalAnyHour, onlyEscalated, enabled,
    targets: targets.join(", "), location: where.location ?? "", deviceId: where.deviceId ?? "",
    quietFrom: quiet?.start ?? "", quietTo: quiet?.end ?? "",
    escalateAfter: escalation === null ? "15" : String(parseDuration(escalation.after) / 60_000), escalateTo: escalation?.to ?? "",
    kept: { days: quiet?.days ?? [], deviceType, sensorId, siteId },
  };
}

export function inputOf(draft: Draft): RecipientInput {
  const { id, name, least, timeZone, criticalAnyHour, onlyEscalated, enabled, location, deviceId, kept } = draft;
  const { deviceType, sensorId, siteId } = kept;
  return {
    recipientId: id, name: name || id, least, timeZone, criticalAnyHour, onlyEscalated, enabled,
    targets: draft.targets.split(",").map((one) => one.trim()).filter(Boolean),
    where: { location: location || null, deviceId: deviceId || null, deviceType, sensorId, siteId },
    quiet: hoursOf(draft.quietFrom, draft.quietTo, kept.days),
    escalation: draft.escalateTo === "" ? null : { after: durationOf(draft.escalateAfter), to: draft.escalateTo },
  };
}
