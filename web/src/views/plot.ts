/** One uPlot chart: the line, its range, marks of quality, and events on the time line. */

import uPlot from "uplot";
import type { History } from "../house/history";
import { shown } from "../parts/metrics";
import { formatTick } from "../parts/ticks";
import { drawMoments, drawStretches, type Backdrop, type Moment } from "./plot-marks";

export interface Drawn extends Backdrop {
  history: History;
  moments: readonly Moment[];
  /** What holds until the next value, such as an opening, is drawn in steps. */
  stepped?: boolean;
  from: number;
  to: number;
}

export interface Hooks {
  zoomTo?(from: number, to: number): void;
  /** The point under the pointer, or null. */
  pointAt?(index: number | null): void;
}

const HEIGHT = 220;
const FEW = 60;
const PAD = 0.08;

export function createPlot(target: HTMLElement, drawn: () => Drawn, hooks: Hooks = {}): uPlot {
  const plot = new uPlot(options(target, drawn, hooks), data(drawn()), target);
  plot.root.querySelector("canvas")?.setAttribute("aria-hidden", "true");
  return plot;
}

/** Times, low, high, mean, what is marked, and what is bad or was before a correction; that is held inside of the chart. */
export function data(drawn: Drawn): uPlot.AlignedData {
  const { times, mean, low, high, marks, originals, unit } = drawn.history;
  const convert = (values: (number | null)[]) => values.map((value) => (value === null ? null : shown(value, unit)));
  const line = convert(mean);
  const [least, most] = rangeOf(drawn);
  const inside = convert(originals).map((value) => (value === null ? null : Math.min(most, Math.max(least, value))));
  return [times, convert(low), convert(high), line, line.map((value, index) => (marks[index] ? value : null)), inside];
}

/** What counts sets the scale, and limits: one impossible value must not flatten the rest. */
function rangeOf({ history, limits = [], from, to }: Drawn): [number, number] {
  let [least, most] = [Infinity, -Infinity];
  const take = (value: number) => ([least, most] = [Math.min(least, value), Math.max(most, value)]);
  const takeAll = (values: readonly (number | null)[]) =>
    values.forEach((value, index) => {
      const at = history.times[index]!;
      if (value !== null && at >= from && at <= to) take(shown(value, history.unit));
    });
  [history.low, history.high].forEach(takeAll);
  if (least > most) takeAll(history.originals);
  limits.forEach(take);
  if (least > most) return [0, 1];
  const room = most > least ? (most - least) * PAD : Math.max(1, Math.abs(most) * PAD);
  return [least - room, most + room];
}

function options(target: HTMLElement, drawn: () => Drawn, { zoomTo, pointAt }: Hooks): uPlot.Options {
  const colour = (name: string) => getComputedStyle(target).getPropertyValue(`--plot-${name}`) || "#888";
  const stroke = (name: string) => () => colour(name);
  const axis = { stroke: stroke("soft"), grid: { stroke: stroke("line"), width: 1 }, ticks: { stroke: stroke("line"), width: 1 } };
  const stepped = uPlot.paths.stepped!({ align: 1 });
  const linear = uPlot.paths.linear!();
  return {
    width: target.clientWidth || 300,
    height: HEIGHT,
    legend: { show: false },
    cursor: { drag: { x: zoomTo !== undefined, y: false, setScale: false }, points: { size: 7 } },
    scales: { x: { range: () => [drawn().from, drawn().to] }, y: { range: () => rangeOf(drawn()) } },
    axes: [{ ...axis, values: (_, splits, __, ___, step) => splits.map((at) => formatTick(at, step)), space: 80, size: 34 }, { ...axis, size: 56 }],
    series: [
      {},
      { stroke: "transparent", points: { show: false } },
      { stroke: "transparent", points: { show: false } },
      {
        stroke: stroke("accent"), width: 1.6, spanGaps: false, points: { show: () => drawn().history.times.length <= FEW, size: 5 },
        paths: (plot, series, first, last) => (drawn().stepped ? stepped : linear)(plot, series, first, last),
      },
      { stroke: stroke("warn"), width: 0, paths: () => null, points: { show: true, size: 6, fill: stroke("warn") } },
      { stroke: stroke("bad"), width: 0, paths: () => null, points: { show: true, size: 6 } },
    ],
    bands: [{ series: [2, 1], fill: stroke("band") }],
    hooks: {
      drawClear: [(plot) => drawStretches(plot, drawn(), colour), (plot) => drawMoments(plot, drawn().moments, colour)],
      setSelect: [(plot) => zoomTo && select(plot, zoomTo)],
      setCursor: [(plot) => pointAt?.(plot.cursor.left! < 0 ? null : (plot.cursor.idx ?? null))],
    },
  };
}

function select(plot: uPlot, zoomTo: (from: number, to: number) => void): void {
  const { left, width } = plot.select;
  if (width < 5) return;
  zoomTo(plot.posToVal(left, "x") * 1000, plot.posToVal(left + width, "x") * 1000);
  plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
}
