/** Alerts: what is out of range and since when, why, the readings behind it; acknowledged and silenced here. */

import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { alertFeed, alerts, link, tell } from "../data/app";
import type { Alert } from "../house/alerts";
import { loadRuleNames } from "../house/rule-names";
import { addressOf } from "../parts/router";
import { Choice } from "../parts/ui";
import { AlertRow, opened } from "./alert-row";

type Shown = "OPEN" | "CLEARED" | "REFUTED";
const STATES: readonly (readonly [Shown, string])[] = [["OPEN", "Open"], ["CLEARED", "Over"], ["REFUTED", "Were none"]];
const NONE: Record<Shown, string> = {
  OPEN: "No alert is open.",
  CLEARED: "No alert is over.",
  REFUTED: "No alert turned out to be none.",
};
const SEVERITIES = ["CRITICAL", "WARNING", "INFO"];
const state = signal<Shown>("OPEN");

/** Live by subscription: what is open is known already, what has ended is asked for once. */
export function Alerts(): JSX.Element {
  const shown = state.value;
  const feed = alertFeed();
  const [asked, setAsked] = useState<Shown>("OPEN");
  useEffect(() => void loadRuleNames().catch(tell), [feed]);
  useEffect(() => {
    let isLate = false;
    if (shown === "OPEN") setAsked("OPEN");
    else feed?.loadEnded(shown).then(() => isLate || setAsked(shown), tell);
    return () => void (isLate = true);
  }, [shown, feed]);
  const found = alerts.value.filter((one) => one.state === shown || opened.value.has(one.id));
  return (
    <>
      <header class="view-head">
        <h1>Alerts</h1>
        <Choice label="Which alerts" choices={STATES} value={shown} choose={(one) => ((opened.value = new Set()), (state.value = one))} />
      </header>
      <ul class={link.value.state === "lost" ? "rows old" : "rows"}>
        {(shown === "OPEN" ? found.sort(worstFirst) : found).map((alert) => <AlertRow key={alert.id} alert={alert} />)}
      </ul>
      {asked === shown && found.length === 0 && <p class="plain">{NONE[shown]} <a href={addressOf("rules")}>Rules</a> say what is one.</p>}
    </>
  );
}

/** What nobody has seen yet before the rest; of the same, the newest stay first. */
function worstFirst(a: Alert, b: Alert): number {
  const seen = (one: Alert) => Number(one.acknowledgedAt !== null);
  return seen(a) - seen(b) || SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity);
}
