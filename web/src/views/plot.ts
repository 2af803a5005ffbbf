/** One uPlot chart: the line, its range, marks of quality, and events on the time line. */

import uPlot from "uplot";
import type { History } from "../house/history";
import { shown } from "../parts/metrics";

export interface Moment {
  at: number; // epoch seconds
  text: string;
  kind: "command" | "alert" | "correction";
}

export interface Drawn {
  history: History;
  unit: string;
  moments: readonly Moment[];
  /** Spans to shade, in epoch seconds, such as those of alerts. */
  stretches?: readonly { from: number; to: number }[];
  /** Values to draw a line at, as the reader sees them. */
  limits?: readonly number[];
  from: number;
  to: number;
}

const HEIGHT = 220;

export function createPlot(target: HTMLElement, drawn: () => Drawn, zoomTo: (from: number, to: number) => void): uPlot {
  const plot = new uPlot(options(target, drawn, zoomTo), data(drawn()), target);
  plot.root.querySelector("canvas")?.setAttribute("aria-hidden", "true");
  return plot;
}

/** Times, low, high, mean, what is marked, and what was before a correction or is bad. */
export function data({ history }: Drawn): uPlot.AlignedData {
  const { times, mean, low, high, marks, originals, unit } = history;
  const convert = (values: (number | null)[]) => values.map((value) => (value === null ? null : shown(value, unit)));
  const line = convert(mean);
  return [times, convert(low), convert(high), line, line.map((value, index) => (marks[index] ? value : null)), convert(originals)];
}

function options(target: HTMLElement, drawn: () => Drawn, zoomTo: (from: number, to: number) => void): uPlot.Options {
  const colour = (name: string) => () => getComputedStyle(target).getPropertyValue(`--plot-${name}`) || "#888";
  const axis = { stroke: colour("soft"), grid: { stroke: colour("line"), width: 1 }, ticks: { stroke: colour("line"), width: 1 } };
  return {
    width: target.clientWidth || 300,
    height: HEIGHT,
    legend: { show: false },
    cursor: { drag: { x: true, y: false, setScale: false }, points: { size: 7 } },
    scales: { x: { range: () => [drawn().from, drawn().to] } },
    axes: [axis, { ...axis, size: 56 }],
    series: [
      {},
      { stroke: "transparent", points: { show: false } },
      { stroke: "transparent", points: { show: false } },
      { stroke: colour("accent"), width: 1.6, points: { show: false }, spanGaps: false },
      { stroke: colour("warn"), width: 0, paths: () => null, points: { show: true, size: 5, fill: colour("warn") } },
      { stroke: colour("bad"), width: 0, paths: () => null, points: { show: true, size: 5 } },
    ],
    bands: [{ series: [2, 1], fill: colour("band") }],
    hooks: {
      drawClear: [(plot) => drawStretches(plot, drawn(), colour), (plot) => drawMoments(plot, drawn().moments, colour)],
      setSelect: [(plot) => select(plot, zoomTo)],
    },
  };
}

function select(plot: uPlot, zoomTo: (from: number, to: number) => void): void {
  const { left, width } = plot.select;
  if (width < 5) return;
  zoomTo(plot.posToVal(left, "x") * 1000, plot.posToVal(left + width, "x") * 1000);
  plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
}

function drawMoments(plot: uPlot, moments: readonly Moment[], colour: (name: string) => () => string): void {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.lineWidth = 1.5;
  ctx.setLineDash([4, 4]);
  for (const { at, kind } of moments) {
    const x = plot.valToPos(at, "x", true);
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    ctx.strokeStyle = colour(kind === "alert" ? "bad" : kind === "command" ? "accent" : "warn")();
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
  }
  ctx.restore();
}

function drawStretches(plot: uPlot, { stretches = [], limits = [] }: Drawn, colour: (name: string) => () => string): void {
  const { ctx, bbox } = plot;
  const [least, most] = [bbox.left, bbox.left + bbox.width];
  ctx.save();
  ctx.fillStyle = colour("bad")();
  ctx.globalAlpha = 0.18;
  for (const { from, to } of stretches) {
    const [start, end] = [from, to].map((at) => Math.min(most, Math.max(least, plot.valToPos(at, "x", true)))) as [number, number];
    ctx.fillRect(start, bbox.top, Math.max(2, end - start), bbox.height);
  }
  ctx.globalAlpha = 1;
  for (const limit of limits) {
    const y = plot.valToPos(limit, "y", true);
    if (y >= bbox.top && y <= bbox.top + bbox.height) ctx.fillRect(bbox.left, y, bbox.width, 1.5);
  }
  ctx.restore();
}
