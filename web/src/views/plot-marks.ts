/** What is drawn behind the lines of a chart: spans of alerts and corrections, limits, and events on the time line. */

import type uPlot from "uplot";

/** A command, told where it was asked for. */
export interface Moment {
  at: number; // epoch seconds
  text: string;
}

/** A span to shade, in epoch seconds. */
export interface Stretch {
  from: number;
  to: number;
  kind: "alert" | "correction";
}

export interface Backdrop {
  stretches?: readonly Stretch[];
  /** Values to draw a line at, as the reader sees them. */
  limits?: readonly number[];
}

export type Colour = (name: string) => string;

export function drawStretches(plot: uPlot, { stretches = [], limits = [] }: Backdrop, colour: Colour): void {
  const { ctx, bbox } = plot;
  const [least, most] = [bbox.left, bbox.left + bbox.width];
  ctx.save();
  ctx.globalAlpha = 0.16;
  for (const { from, to, kind } of stretches) {
    const [start, end] = [from, to].map((at) => Math.min(most, Math.max(least, plot.valToPos(at, "x", true)))) as [number, number];
    if (end <= least || start >= most) continue;
    ctx.fillStyle = colour(kind === "correction" ? "warn" : "bad");
    ctx.fillRect(start, bbox.top, Math.max(2, end - start), bbox.height);
  }
  ctx.globalAlpha = 1;
  ctx.fillStyle = colour("bad");
  for (const limit of limits) {
    const y = plot.valToPos(limit, "y", true);
    if (y >= bbox.top && y <= bbox.top + bbox.height) ctx.fillRect(bbox.left, y, bbox.width, 1.5);
  }
  ctx.restore();
}

/** A dashed line for each, with its word where there is room for it. */
export function drawMoments(plot: uPlot, moments: readonly Moment[], colour: Colour): void {
  const { ctx, bbox } = plot;
  const inside = moments
    .map(({ at, text }) => ({ x: plot.valToPos(at, "x", true), text }))
    .filter(({ x }) => x >= bbox.left && x <= bbox.left + bbox.width)
    .sort((a, b) => a.x - b.x);
  ctx.save();
  ctx.strokeStyle = ctx.fillStyle = colour("accent");
  ctx.lineWidth = devicePixelRatio;
  ctx.font = `${11 * devicePixelRatio}px system-ui, sans-serif`;
  ctx.textBaseline = "top";
  ctx.textAlign = "left";
  ctx.setLineDash([4, 4]);
  let free = bbox.left;
  for (const { x, text } of inside) {
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    const width = ctx.measureText(text).width + 8 * devicePixelRatio;
    if (x < free || x + width > bbox.left + bbox.width) continue;
    ctx.fillText(text, x + 4 * devicePixelRatio, bbox.top + 2);
    free = x + width;
  }
  ctx.restore();
}
