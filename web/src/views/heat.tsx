/** The zones as a heat map: what was measured where in the last minutes, from the coolest colour to the warmest. */

import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { openAlerts, places, store } from "../data/app";
import { serverNow } from "../data/clock";
import { graphql, type ResultOf } from "../data/graphql";
import { request } from "../data/request";
import { byName, plural } from "../parts/format";
import { formatWithUnit, metricLabel, metricRank } from "../parts/metrics";
import { usePolled } from "../parts/poll";

const HEAT = graphql(`
  query Heat($metric: String!, $from: DateTime!, $to: DateTime!) {
    heatMap(metric: $metric, from: $from, to: $to) { location mean min max unit devices bad }
  }
`);
type Cell = ResultOf<typeof HEAT>["heatMap"][number];

const SPAN_MS = 15 * 60_000;
const REFRESH_MS = 10_000;
const LEVELS = 7;
const metric = signal("");

export function HeatMap(): JSX.Element | null {
  const metrics = measured();
  const chosen = metrics.includes(metric.value) ? metric.value : (metrics[0] ?? "temperature");
  const { data } = usePolled(chosen, (abort) => ask(chosen, abort), REFRESH_MS);
  const cells = leaves(data ?? []);
  if (metrics.length === 0) return null;
  return (
    <section class="heat" aria-labelledby="heat-title">
      <header>
        <h2 id="heat-title">Zones, last 15 minutes</h2>
        <select aria-label="Metric of the zones" value={chosen} onChange={(event) => (metric.value = event.currentTarget.value)}>
          {metrics.map((name) => <option key={name} value={name}>{metricLabel(name)}</option>)}
        </select>
      </header>
      <ul>{cells.map((cell) => <Zone key={cell.location} cell={cell} level={levelOf(cell, cells)} metric={chosen} />)}</ul>
      {data !== null && cells.length === 0 && <p class="plain">Nothing was measured in a zone in the last 15 minutes.</p>}
    </section>
  );
}

function Zone({ cell, level, metric: name }: { cell: Cell; level: number; metric: string }): JSX.Element {
  const alerts = alertsAt(cell.location);
  const range = `${formatWithUnit(name, cell.min, cell.unit)} to ${formatWithUnit(name, cell.max, cell.unit)}`;
  return (
    <li data-level={level} data-alert={alerts > 0 ? "" : undefined} title={`${range}, ${plural(cell.devices, "device")}`}>
      <span>{cell.location.replaceAll("/", " / ")}</span>
      <b>{formatWithUnit(name, cell.mean, cell.unit)}</b>
      {alerts > 0 && <span class="out">Out of range: {plural(alerts, "alert")}</span>}
    </li>
  );
}

async function ask(name: string, abort: AbortSignal): Promise<readonly Cell[]> {
  const to = serverNow() + 60_000; // the minute under way counts
  const variables = { metric: name, from: new Date(to - SPAN_MS).toISOString(), to: new Date(to).toISOString() };
  return (await request(HEAT, variables, abort)).heatMap;
}

/** What is measured now in the house, in the order of cards. */
function measured(): string[] {
  places.value;
  const names = new Set([...store.devices.values()].flatMap(({ latest }) => [...latest.values()].map((one) => one.metric)));
  return [...names].sort((a, b) => metricRank(a) - metricRank(b) || byName(a, b));
}

/** A house counts what its zones count: only the innermost places are shown. */
function leaves(cells: readonly Cell[]): Cell[] {
  const within = (outer: Cell) => cells.some(({ location }) => location.startsWith(`${outer.location}/`));
  return cells.filter((cell) => !within(cell)).sort((a, b) => byName(a.location, b.location));
}

function levelOf(cell: Cell, cells: readonly Cell[]): number {
  const means = cells.flatMap(({ mean }) => (mean === null ? [] : [mean]));
  const [low, high] = [Math.min(...means), Math.max(...means)];
  if (cell.mean === null || high === low) return Math.floor(LEVELS / 2);
  return Math.round(((cell.mean - low) / (high - low)) * (LEVELS - 1));
}

function alertsAt(location: string): number {
  const at = (id: string) => store.devices.get(id)?.details?.location ?? "";
  return openAlerts.value.filter(({ deviceId }) => `${at(deviceId)}/`.startsWith(`${location}/`)).length;
}
