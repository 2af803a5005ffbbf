/** Why there is an alert: the readings behind it with the limit, who was told, and each step from its cause on. */

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { now } from "../data/app";
import { graphql, type ResultOf } from "../data/graphql";
import { request } from "../data/request";
import type { Alert } from "../house/alerts";
import { limitsOf, namedRules } from "../house/rule-names";
import { formatClock, inWords } from "../parts/format";
import { metricLabel, shown } from "../parts/metrics";
import { usePolled } from "../parts/poll";
import { Tag, Time } from "../parts/ui";
import { Past } from "./past";
import { Trace } from "./trace";

const TOLD = graphql(`
  query Told($alertId: ID!) {
    notifications(alertId: $alertId, first: 20) {
      nodes { id recipientId target word state requestedAt attempts nextAttemptAt reason escalatedFrom }
    }
  }
`);
type Notification = ResultOf<typeof TOLD>["notifications"]["nodes"][number];

const REFRESH_MS = 3000;
const LEAST_AROUND_MS = 10 * 60_000;
const WORDS: Record<Notification["word"], string> = {
  RAISED: "", CLEARED: ", that it is over", REFUTED: ", that it was none", PAST: ", that it was and is over",
};
const ENDS: Record<string, string> = { DELIVERED: "good", GIVEN_UP: "bad", RETRYING: "warn" };

export function Why({ alert }: { alert: Alert }): JSX.Element {
  return (
    <div class="stack why">
      <Behind alert={alert} />
      <Told alert={alert} />
      <section>
        <h3>What led to it, and what followed</h3>
        <Trace correlationId={alert.id} />
      </section>
    </div>
  );
}

/** The readings behind it: as long before and after as it lasted. */
function Behind({ alert }: { alert: Alert }): JSX.Element | null {
  const { deviceId, sensorId, metric, since, overSince, endedAt, unit, ruleId, ruleRevision } = alert;
  const [opened] = useState(() => now.peek());
  if (metric === null || sensorId === null) return null;
  const rule = namedRules.value.get(ruleId);
  const limits = rule?.revision === ruleRevision ? limitsOf(rule).map((limit) => shown(limit, unit)) : [];
  const from = Date.parse(since);
  const to = Date.parse(overSince ?? endedAt ?? "") || opened;
  const around = Math.max(LEAST_AROUND_MS, to - from);
  return (
    <section>
      <h3>The readings behind</h3>
      <Past selector={{ deviceId, sensorId, metric }} from={from - around} to={Math.min(opened, to + around)} stretches={[{ from, to }]} limits={limits}
        label={`${metricLabel(metric)} of ${sensorId} on ${deviceId} before, during and after the alert`} />
    </section>
  );
}

function Told({ alert: { id } }: { alert: Alert }): JSX.Element | null {
  const { data } = usePolled(`told ${id}`, (abort) => request(TOLD, { alertId: id }, abort), REFRESH_MS);
  if (data === null) return null;
  const told = data.notifications.nodes;
  return (
    <section class="told">
      <h3>Who was told</h3>
      {told.length === 0 && <p class="plain">Nobody.</p>}
      <ul class="log">{told.map((one) => <li key={one.id}><Time at={one.requestedAt} /><span>{sentence(one)} <Tag kind={ENDS[one.state] ?? ""}>{inWords(one.state)}</Tag></span></li>)}</ul>
    </section>
  );
}

function sentence({ recipientId, target, word, reason, nextAttemptAt, escalatedFrom }: Notification): string {
  const what = WORDS[word];
  const instead = escalatedFrom === null ? "" : `, since ${escalatedFrom} did not acknowledge`;
  const failed = reason === null ? "" : `: ${reason}`;
  const again = nextAttemptAt === null ? "" : `, tried again by ${formatClock(nextAttemptAt)}`;
  return `${recipientId} by ${target}${what}${instead}${failed}${again}`;
}
