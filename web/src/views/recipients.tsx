/** Who is told of alerts, by what, and when he wants to be left alone; and a form for one of them. */

import type { JSX } from "preact";
import { graphql } from "../data/graphql";
import { hasCode, request } from "../data/request";
import { draftOf, newRecipient, RECIPIENT, type Recipient } from "../house/recipient";
import { formatSpan, inWords, parseDuration } from "../parts/format";
import { usePolled } from "../parts/poll";
import { addressOf } from "../parts/router";
import { Tag } from "../parts/ui";
import { RecipientForm } from "./recipient-form";
import { RulesHead } from "./rules-head";

const RECIPIENTS = graphql(`query Recipients { recipients { ...Told } }`, [RECIPIENT]);
const REFRESH_MS = 10_000;
const ADD = "new";

export function Recipients({ parts: [place] }: { parts: string[] }): JSX.Element {
  const { data, again } = usePolled("recipients", ask, REFRESH_MS);
  if (data === "hidden") return <><RulesHead at="recipients" /><p class="plain">Only an operator's key for the whole house shows who is told.</p></>;
  const chosen = data?.find(({ id }) => id === place);
  const others = data ?? [];
  if (place === ADD && data !== null) return <RecipientForm key={ADD} start={newRecipient()} others={others} saved={again} />;
  if (chosen !== undefined) return <RecipientForm key={chosen.id} start={draftOf(chosen)} others={others} saved={again} />;
  return (
    <>
      <RulesHead at="recipients" />
      <ul class="rows">{data?.map((one) => <Row key={one.id} recipient={one} all={others} />)}</ul>
      {data?.length === 0 && <p class="plain">Nobody is told of alerts: they are to be seen here alone.</p>}
      {place !== undefined && place !== ADD && data !== null && <p class="plain">There is nobody called {place}.</p>}
    </>
  );
}

async function ask(abort: AbortSignal): Promise<readonly Recipient[] | "hidden"> {
  try {
    return (await request(RECIPIENTS, {}, abort)).recipients;
  } catch (error) {
    if (hasCode(error, "FORBIDDEN")) return "hidden";
    throw error;
  }
}

function Row({ recipient, all }: { recipient: Recipient; all: readonly Recipient[] }): JSX.Element {
  const { id, name, targets, enabled } = recipient;
  return (
    <li class="row" data-recipient={id}>
      <h2><a href={addressOf("recipients", id)}>{name}</a></h2>
      <Tag kind={enabled ? "good" : ""}>{enabled ? "is told" : "is not told"}</Tag>
      <p class="wide-row">{what(recipient)}, by {targets.join(" and ")}.</p>
      <p class="about wide-row">{[quiet(recipient), escalation(recipient, all)].filter(Boolean).join(" ")}</p>
    </li>
  );
}

function what({ least, where, onlyEscalated }: Recipient): string {
  const place = where.deviceId ?? where.location ?? where.siteId ?? where.deviceType ?? "the whole house";
  const alerts = least === "INFO" ? "All alerts" : least === "CRITICAL" ? "Critical alerts" : `Alerts from ${inWords(least)} up`;
  return `${alerts} of ${place}${onlyEscalated ? ", where nobody else looked after them" : ""}`;
}

function quiet({ quiet: hours, criticalAnyHour, timeZone }: Recipient): string {
  if (hours === null) return "At any hour.";
  return `Left alone from ${hours.start} to ${hours.end} (${timeZone})${criticalAnyHour ? ", but for what is critical" : ""}.`;
}

function escalation({ escalation: next }: Recipient, all: readonly Recipient[]): string {
  if (next === null) return "";
  const to = all.find(({ id }) => id === next.to)?.name ?? next.to;
  return `Where nobody acknowledges within ${formatSpan(parseDuration(next.after))}, ${to} is told.`;
}
