/** A chart of a stretch of the past that does not move: one series with its limits, and spans shaded. */

import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { tell } from "../data/app";
import { type History, readHistory, type Selector } from "../house/history";
import { theme, units } from "../parts/settings";
import { createPlot } from "./plot";

/** All times in milliseconds. */
export function Past({ selector, from, to, stretches, limits, label }: {
  selector: Selector;
  from: number;
  to: number;
  stretches: readonly { from: number; to: number }[];
  /** As the reader sees them. */
  limits: readonly number[];
  label: string;
}): JSX.Element {
  const target = useRef<HTMLDivElement>(null);
  const [history, setHistory] = useState<History | null>(null);
  useEffect(() => {
    const abort = new AbortController();
    readHistory(selector, from, to, abort.signal).then(setHistory, (error: unknown) => abort.signal.aborted || tell(error));
    return () => abort.abort();
  }, [from, to]);
  useEffect(() => {
    if (history === null) return;
    const shaded = stretches.map((one) => ({ from: one.from / 1000, to: one.to / 1000, kind: "alert" as const }));
    const drawn = { history, moments: [], from: from / 1000, to: to / 1000, limits, stretches: shaded };
    const plot = createPlot(target.current!, () => drawn);
    return () => plot.destroy();
  }, [history, units.value, theme.value]);
  return <div ref={target} class="chart" role="img" aria-label={label} />;
}
