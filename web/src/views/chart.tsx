/** The chart of one series: follows the shared span, reads its history when the span changes, and grows while live. */

import { effect, useComputed } from "@preact/signals";
import type { ComponentChildren, JSX } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type uPlot from "uplot";
import { now, store, tell, version } from "../data/app";
import { correctedAt, type History, nothing, readHistory, type Selector } from "../house/history";
import type { Latest } from "../house/store";
import { formatMoment } from "../parts/format";
import { metricLabel } from "../parts/metrics";
import { useNear } from "../parts/near";
import { theme, units } from "../parts/settings";
import { advanced, span, zoomed } from "../parts/span";
import { Legend, Marks, pointText, summary } from "./chart-parts";
import { createPlot, data, type Drawn } from "./plot";
import type { Moment, Stretch } from "./plot-marks";

const SETTLE_MS = 150; // who turns the wheel asks once
const AGAIN_MS = 15_000;
const HEIGHT = 220;
const STEPPED = new Set(["opening", "rain_detected", "wind_direction"]);

interface Props {
  selector: Selector;
  moments: readonly Moment[];
  stretches: readonly Stretch[];
  /** Ask for a correction of this stretch, in milliseconds. */
  correct: (selector: Selector, from: number, to: number) => void;
}

/** Nothing is read or drawn before it comes into sight: a device may have a hundred of them. */
export function Chart(props: Props): JSX.Element {
  const section = useRef<HTMLElement>(null);
  const near = useNear(section);
  const seen = useRef(false);
  seen.current ||= near;
  const { metric, sensorId } = props.selector;
  return (
    <section ref={section} class="panel series" aria-label={`${metricLabel(metric)} ${sensorId}`}>
      {seen.current ? <Body {...props} near={near} /> : <Head {...props.selector} />}
    </section>
  );
}

function Head({ metric, sensorId, children }: Selector & { children?: ComponentChildren }): JSX.Element {
  return <div class="chart-head"><h2>{metricLabel(metric)} <small>{sensorId}</small></h2>{children}</div>;
}

function Body({ selector, moments, stretches, correct, near }: Props & { near: boolean }): JSX.Element {
  const target = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const [history, setHistory] = useState<History>(nothing);
  const [point, setPoint] = useState<number | null>(null);
  const held = useRef<Drawn>(null!);
  const { metric } = selector;
  const latest = useComputed(() => latestOf(selector)).value;
  const { from, to, live } = span.value;
  const grown = useMemo(() => (live ? withLive(history, latest) : history), [history, latest, live]);
  held.current = { history: grown, moments, stretches, stepped: STEPPED.has(metric), from: from / 1000, to: to / 1000 };
  useReading(selector, near, setHistory);
  useEffect(() => {
    const element = target.current!;
    const made = createPlot(element, () => held.current, {
      zoomTo: (start, end) => (span.value = { from: start, to: end, live: false }),
      pointAt: setPoint,
    });
    plot.current = made;
    const sized = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height: HEIGHT }));
    sized.observe(element);
    const unroll = rollable(element);
    return () => (unroll(), sized.disconnect(), made.destroy());
  }, []);
  useEffect(() => {
    if (near) plot.current?.setData(data(held.current));
  }, [near, grown, from, to, moments, stretches, units.value, theme.value]);
  const told = useMemo(() => summary(metric, grown), [grown, units.value]);
  return (
    <>
      <Head {...selector}><p class="about" aria-live="polite">{point === null ? told : pointText(metric, grown, point)}</p></Head>
      <div ref={target} class="chart" role="img" tabIndex={0} onKeyDown={(event) => step(event, plot.current, point)} onBlur={() => leave(plot.current)}
        aria-label={`${metricLabel(metric)} from ${formatMoment(from)} to ${formatMoment(to)}: ${told}`} />
      <div class="chart-foot">
        <Legend drawn={held.current} />
        <button type="button" class="quiet small" onClick={() => correct(selector, from, to)}>Correct…</button>
      </div>
      <Marks history={grown} metric={metric} correct={(start, end) => correct(selector, start, end)} />
    </>
  );
}

/** Read anew when the span is another or something was corrected, and now and then while live: late readings change what is past. */
function useReading(selector: Selector, near: boolean, take: (history: History) => void): void {
  useEffect(() => {
    if (!near) return;
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
      const wanted = `${correctedAt.value} ${live ? `live ${to - from}` : `${from} ${to}`}`;
      if (wanted === before) return;
      before = wanted;
      clearTimeout(timer);
      timer = setTimeout(read, SETTLE_MS);
    });
    return () => (stop(), clearTimeout(timer), abort.abort());
  }, [near, selector.deviceId, selector.sensorId, selector.metric]);
}

function latestOf({ deviceId, sensorId, metric }: Selector): Latest | undefined {
  version(deviceId).value;
  return store.devices.get(deviceId)?.latest.get(`${sensorId} ${metric}`);
}

/** What the live feed told since the history was read. */
function withLive(history: History, latest: Latest | undefined): History {
  if (latest === undefined || latest.value === null || latest.quality === "bad") return history;
  const at = latest.at / 1000;
  if (at <= (history.times.at(-1) ?? 0)) return history;
  history.times.push(at);
  for (const column of [history.mean, history.low, history.high]) column.push(latest.value);
  history.marks.push(latest.quality === "good" ? "" : latest.quality);
  history.originals.push(null);
  return { ...history, unit: history.unit ?? latest.unit };
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

/** The arrow keys go from point to point. */
function step(event: KeyboardEvent, plot: uPlot | null, point: number | null): void {
  const by = event.key === "ArrowLeft" ? -1 : event.key === "ArrowRight" ? 1 : 0;
  if (by === 0 || plot === null || plot.data[0].length === 0) return;
  event.preventDefault();
  const index = Math.min(plot.data[0].length - 1, Math.max(0, (point ?? plot.data[0].length) + by));
  plot.setCursor({ left: plot.valToPos(plot.data[0][index]!, "x"), top: 10 });
}

function leave(plot: uPlot | null): void {
  plot?.setCursor({ left: -10, top: -10 });
}
