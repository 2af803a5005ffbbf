/** The chart of one series: follows the shared span, reads its history when the span changes, and grows while live. */

import { effect } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import "uplot/dist/uPlot.min.css";
import type uPlot from "uplot";
import { now, store, tell, version } from "../data/app";
import { type History, readHistory, type Selector } from "../house/history";
import { formatMoment, plural } from "../parts/format";
import { formatWithUnit, metricLabel, unitLabel } from "../parts/metrics";
import { theme, units } from "../parts/settings";
import { advanced, span, zoomed } from "../parts/span";
import { createPlot, data, type Drawn, type Moment } from "./plot";

const SETTLE_MS = 150; // who turns the wheel asks once
const AGAIN_MS = 15_000;
const EMPTY: History = { raw: true, unit: null, times: [], mean: [], low: [], high: [], marks: [], originals: [] };

export function Chart({ selector, moments }: { selector: Selector; moments: readonly Moment[] }): JSX.Element {
  const target = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const [history, setHistory] = useState<History>(EMPTY);
  const held = useRef<Drawn>(null!);
  const { from, to } = span.value;
  const grown = useMemo(() => withLive(history, selector), [history, version(selector.deviceId).value]);
  held.current = { history: grown, unit: unitLabel(history.unit), moments, from: from / 1000, to: to / 1000 };
  useReading(selector, setHistory);
  useEffect(() => {
    const element = target.current!;
    const made = createPlot(element, () => held.current, (start, end) => (span.value = { from: start, to: end, live: false }));
    plot.current = made;
    const sized = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height: 220 }));
    sized.observe(element);
    const unroll = rollable(element);
    return () => (unroll(), sized.disconnect(), made.destroy());
  }, []);
  useEffect(() => plot.current?.setData(data(held.current)), [grown, from, to, moments, units.value, theme.value]);
  return (
    <section class="panel" aria-label={`${metricLabel(selector.metric)} ${selector.sensorId}`}>
      <div class="chart-head">
        <h2>{metricLabel(selector.metric)} <small>{selector.sensorId}</small></h2>
        <p class="about">{summary(selector.metric, grown)}</p>
      </div>
      <div ref={target} class="chart" role="img" aria-label={`${metricLabel(selector.metric)} from ${formatMoment(from)} to ${formatMoment(to)}: ${summary(selector.metric, grown)}`} />
      <Marks history={grown} metric={selector.metric} />
    </section>
  );
}

/** Read anew when the span is another, and now and then while it is live: late readings change what is past. */
function useReading(selector: Selector, take: (history: History) => void): void {
  useEffect(() => {
    let abort = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    let before = "";
    const read = async () => {
      abort.abort();
      abort = new AbortController();
      const { signal } = abort;
      const { from, to } = advanced(span.peek(), now.peek());
      try {
        take(await readHistory(selector, from, to + 1000, signal));
      } catch (error) {
        if (!signal.aborted) tell(error);
      }
      if (!signal.aborted) timer = setTimeout(read, AGAIN_MS);
    };
    const stop = effect(() => {
      const { from, to, live } = span.value;
      const wanted = live ? `live ${to - from}` : `${from} ${to}`;
      if (wanted === before) return;
      before = wanted;
      clearTimeout(timer);
      timer = setTimeout(read, SETTLE_MS);
    });
    return () => (stop(), clearTimeout(timer), abort.abort());
  }, [selector.deviceId, selector.sensorId, selector.metric]);
}

/** What the live feed told since the history was read. */
function withLive(history: History, { deviceId, sensorId, metric }: Selector): History {
  const latest = store.devices.get(deviceId)?.latest.get(`${sensorId} ${metric}`);
  if (!span.value.live || latest === undefined || latest.value === null || latest.quality === "bad") return history;
  const at = latest.at / 1000;
  if (at <= (history.times.at(-1) ?? 0)) return history;
  history.times.push(at);
  for (const column of [history.mean, history.low, history.high]) column.push(latest.value);
  history.marks.push(latest.quality === "good" ? "" : latest.quality);
  history.originals.push(null);
  return { ...history, unit: history.unit ?? latest.unit };
}

function Marks({ history, metric }: { history: History; metric: string }): JSX.Element | null {
  const marked = history.times.flatMap((at, index) => (history.marks[index] ? [{ at, index, told: history.marks[index] }] : []));
  if (marked.length === 0) return null;
  return (
    <details>
      <summary>{plural(marked.length, "point is", "points are")} marked</summary>
      <ul class="marks">
        {marked.slice(-100).map(({ at, index, told }) => (
          <li key={index}>
            {formatMoment(at * 1000)}: {formatWithUnit(metric, history.mean[index] ?? null, history.unit)}, {told}
            {history.originals[index] != null && `, was ${formatWithUnit(metric, history.originals[index] ?? null, history.unit)}`}
          </li>
        ))}
      </ul>
    </details>
  );
}

function summary(metric: string, { mean, unit, raw }: History): string {
  const values = mean.filter((value) => value !== null);
  if (values.length === 0) return "nothing was measured in this span";
  const [low, high, last] = [Math.min(...values), Math.max(...values), values.at(-1)!];
  const told = [low, high, last].map((value) => formatWithUnit(metric, value, unit));
  return `${told[0]} to ${told[1]}, last ${told[2]}; ${plural(values.length, raw ? "reading" : "window")}`;
}

/** The wheel zooms around the pointer, held with a modifier: without one it scrolls the page. */
function rollable(target: HTMLElement): () => void {
  const roll = (event: WheelEvent) => {
    if (!event.ctrlKey && !event.altKey && !event.metaKey) return;
    event.preventDefault();
    const { left, width } = target.getBoundingClientRect();
    span.value = zoomed(span.value, event.deltaY > 0 ? 1.25 : 0.8, (event.clientX - left) / width, now.peek());
  };
  target.addEventListener("wheel", roll, { passive: false });
  return () => target.removeEventListener("wheel", roll);
}
