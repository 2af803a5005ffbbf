/** Alerts as they stand, followed by subscription: asked for once, then kept right by what is said of them. */

import { graphql, type ResultOf } from "../data/graphql";
import { request } from "../data/request";
import type { Subscriber } from "../data/socket";

export const ALERT = graphql(`
  fragment Standing on Alert {
    id kind deviceId sensorId metric value unit severity state since overSince raisedAt endedAt
    acknowledgedAt acknowledgedBy note silencedUntil refutedBecause ruleId ruleRevision backfilled
  }
`);
export type Alert = ResultOf<typeof ALERT>;
export type AlertState = Alert["state"];

const OPEN_ALERTS = graphql(
  `query OpenAlerts($atLeast: Cursor) {
    alerts(first: 500, state: OPEN, atLeast: $atLeast) { nodes { ...Standing } liveCursor }
  }`,
  [ALERT],
);
const ENDED_ALERTS = graphql(
  `query EndedAlerts($state: AlertState!) { alerts(first: 100, state: $state) { nodes { ...Standing } } }`,
  [ALERT],
);
const ALERT_CHANGES = graphql(
  `subscription AlertChanges($after: String) {
    alerts(after: $after) {
      __typename
      ... on AlertChanged { cursor change alert { ...Standing } }
      ... on AlertProgress { cursor }
      ... on AlertGap { cursor reason }
    }
  }`,
  [ALERT],
);
type Message = ResultOf<typeof ALERT_CHANGES>["alerts"];

export interface AlertListener {
  alerts(all: readonly Alert[]): void;
  raised(alert: Alert): void;
  /** Something must be asked for anew. */
  gap(): void;
  refused(reason: string): void;
}

const ENDED_KEPT = 300;

export class AlertFeed {
  #known = new Map<string, Alert>();
  #cursor: string | null = null;
  /** What was said while an answer was on its way, which may be older. */
  #meanwhile = new Set<Alert[]>();

  constructor(private readonly listener: AlertListener, private readonly signal: AbortSignal) {}

  /** What is open now, for the first time or after a gap. */
  async load(): Promise<void> {
    await this.#ask(async () => {
      const { alerts } = await request(OPEN_ALERTS, { atLeast: this.#cursor }, this.signal);
      for (const [id, { state }] of this.#known) if (state === "OPEN") this.#known.delete(id);
      this.#cursor ??= alerts.liveCursor;
      return alerts.nodes;
    });
  }

  async loadEnded(state: AlertState): Promise<void> {
    await this.#ask(async () => (await request(ENDED_ALERTS, { state }, this.signal)).alerts.nodes);
  }

  /** Alerts as something else told them, such as a mutation. */
  take(alerts: readonly Alert[]): void {
    for (const alert of alerts) this.#known.set(alert.id, alert);
    const all = [...this.#known.values()].sort(newestFirst);
    for (const { id } of all.filter(({ state }) => state !== "OPEN").slice(ENDED_KEPT)) this.#known.delete(id);
    this.listener.alerts(all.filter(({ id }) => this.#known.has(id)));
  }

  async #ask(question: () => Promise<readonly Alert[]>): Promise<void> {
    const meanwhile: Alert[] = [];
    this.#meanwhile.add(meanwhile);
    try {
      this.take([...(await question()), ...meanwhile]);
    } finally {
      this.#meanwhile.delete(meanwhile);
    }
  }

  subscriber(): Subscriber {
    return {
      document: ALERT_CHANGES,
      variables: () => ({ after: this.#cursor }),
      next: (data) => this.#hear((data as { alerts: Message }).alerts),
      failed: ([error]) => this.listener.refused(error?.message ?? "no reason given"),
    };
  }

  #hear(message: Message): void {
    this.#cursor = message.cursor;
    if (message.__typename === "AlertGap") this.listener.gap();
    if (message.__typename !== "AlertChanged") return;
    for (const meanwhile of this.#meanwhile) meanwhile.push(message.alert);
    this.take([message.alert]);
    if (message.change === "RAISED") this.listener.raised(message.alert);
  }
}

function newestFirst(a: Alert, b: Alert): number {
  return Date.parse(b.raisedAt) - Date.parse(a.raisedAt) || (a.id < b.id ? 1 : -1);
}
