/** The frame around the views: where one is, how the link is, what must be known, and what the reader chose. */

import { computed } from "@preact/signals";
import type { ComponentChildren, JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { announcement, counts, letters, link, lostSince, notice, now, openAlerts, stage, tell } from "./data/app";
import { logOut } from "./data/session";
import { Login } from "./login";
import { formatSpan } from "./parts/format";
import { lazy } from "./parts/lazy";
import { addressOf, route, startOfView } from "./parts/router";
import { type Theme, theme, units, type Units } from "./parts/settings";
import { House } from "./views/house";

const VIEWS: Record<string, (props: { parts: string[] }) => JSX.Element> = {
  house: House,
  device: lazy(async () => (await import("./views/device")).DeviceView),
  alerts: lazy(async () => (await import("./views/alerts")).Alerts),
  rules: lazy(async () => (await import("./views/rules")).Rules),
  recipients: lazy(async () => (await import("./views/recipients")).Recipients),
  commands: lazy(async () => (await import("./views/commands")).Commands),
  operate: lazy(async () => (await import("./views/operate")).Operate),
};

/** Open alerts that nobody has seen yet. */
const waiting = computed(() => openAlerts.value.filter(({ acknowledgedAt }) => acknowledgedAt === null).length);

/** Views that stand below another one in the bar. */
const WITHIN: Record<string, string> = { recipients: "rules", device: "house" };

export function Shell(): JSX.Element {
  const [name = "house", ...parts] = route.value;
  const View = VIEWS[name] ?? House;
  const calls = counts.value.troubled + waiting.value;
  document.title = calls > 0 ? `(${calls}) Glasshouse` : "Glasshouse";
  useArrival(route.value.join("/"));
  useEntry(stage.value === "asking");
  if (stage.value === "asking") return <Login />;
  return (
    <div id="house" hidden={stage.value !== "house"}>
      <a class="skip" href="#view" onClick={skip}>Skip to the content</a>
      <Bar view={name} />
      <main id="view" tabIndex={-1}>
        <Notice />
        <p id="announce" class="unseen" role="status">{announcement.value}</p>
        {stage.value === "house" && <View key={name} parts={parts} />}
      </main>
      <Choices />
    </div>
  );
}

/** Who goes to another view is at its start, with the keyboard, too. */
function useArrival(address: string): void {
  const before = useRef(address);
  useEffect(() => {
    if (before.current === address) return;
    before.current = address;
    document.getElementById("view")?.focus({ preventScroll: true });
    scrollTo(0, startOfView());
  }, [address]);
}

/** Who logged in is at the start, not where the form was. */
function useEntry(asking: boolean): void {
  const before = useRef(asking);
  useEffect(() => {
    if (before.current && !asking) document.getElementById("view")?.focus({ preventScroll: true });
    before.current = asking;
  }, [asking]);
}

function skip(event: Event): void {
  event.preventDefault();
  document.getElementById("view")?.focus();
}

function Bar({ view }: { view: string }): JSX.Element {
  return (
    <header class="bar">
      <a class="brand" href={addressOf()} aria-label="Glasshouse"><img src="static/icon.svg" alt="" width={28} height={28} /><span>Glasshouse</span></a>
      <Pill />
      <nav aria-label="Views">
        <Place name="house" view={view}>House</Place>
        <Place name="alerts" view={view}>Alerts{waiting.value > 0 && <Waits kind="bad" count={waiting.value} what="to look at" />}</Place>
        <Place name="rules" view={view}>Rules</Place>
        <Place name="commands" view={view}>Commands</Place>
        <Place name="operate" view={view}>Operate{!!letters.value && <Waits kind="warn" count={letters.value} what={letters.value === 1 ? "dead letter" : "dead letters"} />}</Place>
      </nav>
      <button id="logout" type="button" class="quiet" onClick={leave}>Log out</button>
    </header>
  );
}

function Place({ name, view, children }: { name: string; view: string; children: ComponentChildren }): JSX.Element {
  const place = useRef<HTMLAnchorElement>(null);
  const here = name === (WITHIN[view] ?? view);
  useEffect(() => {
    if (here) place.current?.scrollIntoView({ block: "nearest", inline: "nearest" }); // the bar of a phone is narrow
  }, [here]);
  return <a ref={place} href={addressOf(name)} aria-current={here ? "page" : undefined}>{children}</a>;
}

/** A number beside a view's name; what it counts is said to those who hear it. */
function Waits({ kind, count, what }: { kind: string; count: number; what: string }): JSX.Element {
  return <>{" "}<b data-kind={kind}>{count}</b><span class="unseen"> {what}</span></>;
}

function leave(): void {
  logOut().then(() => location.reload(), tell);
}

function Pill(): JSX.Element {
  const { state, milliseconds } = link.value;
  return <span id="link" class="pill" data-link={state}>{linkText(state, milliseconds)}</span>;
}

function linkText(state: string, milliseconds: number): string {
  if (state === "connecting") return "Connecting";
  if (state === "live") return "Live";
  if (state === "behind") return `${formatSpan(milliseconds)} behind`;
  now.value; // the wait is told anew every second
  return `Reconnecting, ${formatSpan(Date.now() - lostSince.value)}`;
}

function Notice(): JSX.Element {
  return (
    <p id="notice" class="notice" role="alert" hidden={notice.value === ""}>
      <span id="notice-text">{notice.value}</span>
      <button id="notice-close" type="button" class="quiet" onClick={() => (notice.value = "")}>Close</button>
    </p>
  );
}

function Choices(): JSX.Element {
  return (
    <footer class="choices">
      <label>Units <select value={units.value} onChange={(event) => (units.value = event.currentTarget.value as Units)}>
        <option value="metric">Metric</option><option value="us">US</option>
      </select></label>
      <label>Colours <select value={theme.value} onChange={(event) => (theme.value = event.currentTarget.value as Theme)}>
        <option value="auto">As the system</option><option value="light">Light</option><option value="dark">Dark</option>
      </select></label>
    </footer>
  );
}
