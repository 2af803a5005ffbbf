/** One device: what it is and says now, its charts from years to seconds, its corrections, and its commands on the time line. */

import { useComputed, useSignalEffect } from "@preact/signals";
import type { JSX } from "preact";
import { useCallback, useMemo, useState } from "preact/hooks";
import { nameOf, now, store, version } from "../data/app";
import { request } from "../data/request";
import { type Asked, COMMANDS_OF, DEVICE_PAGE, type DevicePage } from "../house/device-documents";
import type { Selector } from "../house/history";
import { personOf } from "../house/people";
import { formatAge, formatMoment, formatState, inWords } from "../parts/format";
import { usePolled } from "../parts/poll";
import { addressOf } from "../parts/router";
import { advanced, latest, moved, PRESETS, span, zoomed } from "../parts/span";
import { Time } from "../parts/ui";
import { inOrder } from "./card";
import { Chart } from "./chart";
import { Correct, type Stretched } from "./correct";
import { Corrections } from "./corrections";
import { IssueCommand } from "./issue";
import type { Moment, Stretch } from "./plot-marks";

const REFRESH_MS = 5000;
const LISTED = 10;
const NEIGHBOURS = 4;
const NONE: readonly Asked[] = [];

interface Page extends DevicePage {
  /** What was asked of it, and of the actuators around it, newest first. */
  commands: readonly Asked[];
}

export function DeviceView({ parts: [id = ""] }: { parts: string[] }): JSX.Element {
  const { data, again } = usePolled(id, (abort) => ask(id, abort), REFRESH_MS);
  const [correcting, setCorrecting] = useState<Stretched | null>(null);
  const correct = useCallback((selector: Selector, from: number, to: number) => setCorrecting({ selector, from, to }), []);
  useSignalEffect(() => {
    const at = now.value;
    if (span.peek().live) span.value = advanced(span.peek(), at);
  });
  const series = useComputed(() => seriesOf(id)).value;
  const moments = useMemo(() => momentsOf(data?.commands ?? NONE), [data]);
  if (series === null) return <p class="plain">{data === null ? "Opening…" : `There is no device ${id}.`}</p>;
  return (
    <>
      <header class="view-head">
        <Title id={id} data={data} />
        <SpanTools />
      </header>
      <div class="stack">
        {parsed(series).map(([sensorId, metric]) => (
          <Series key={`${sensorId} ${metric}`} data={data} selector={{ deviceId: id, sensorId, metric }} moments={moments} correct={correct} />
        ))}
        {data?.device != null && <IssueCommand device={data.device} issued={again} />}
        <TimeLine id={id} commands={data?.commands ?? NONE} />
        <Corrections device={id} corrections={data?.device?.corrections ?? []} changed={again} />
      </div>
      {correcting !== null && <Correct of={correcting} close={() => setCorrecting(null)} done={again} />}
    </>
  );
}

/** What is measured by the device, in the order of its card, as text: the view is drawn anew where that is another, not with each value. */
function seriesOf(id: string): string | null {
  version(id).value;
  const device = store.devices.get(id);
  return device === undefined ? null : JSON.stringify([...device.latest.values()].sort(inOrder).map(({ sensorId, metric }) => [sensorId, metric]));
}

function parsed(series: string): [sensorId: string, metric: string][] {
  return JSON.parse(series) as [string, string][];
}

function Title({ id, data }: { id: string; data: Page | null }): JSX.Element {
  version(id).value;
  const device = store.devices.get(id)!;
  return (
    <div>
      <h1>{nameOf(device)}</h1>
      <p class="subline">{about(data)} · {inWords(store.status(device))}, heard {formatAge(now.value - device.heardAt)}</p>
    </div>
  );
}

async function ask(id: string, abort: AbortSignal): Promise<Page> {
  const asked = [id, ...neighbours(id)].map((one) => request(COMMANDS_OF, { id: one }, abort));
  const [page, ...commands] = await Promise.all([request(DEVICE_PAGE, { id }, abort), ...asked]);
  const all = commands.flatMap((one) => one.commands.nodes);
  return { ...page, commands: all.sort((a, b) => Date.parse(b.requestedAt) - Date.parse(a.requestedAt)) };
}

/** Devices with actuators at the same place: what they do is seen here. */
function neighbours(id: string): string[] {
  const place = store.devices.get(id)?.details?.location ?? null;
  if (place === null) return [];
  const near = [...store.devices.values()].filter(({ id: other, details }) => other !== id && details?.location === place && details.actuators.length > 0);
  return near.slice(0, NEIGHBOURS).map((one) => one.id);
}

function Series({ data, selector, moments, correct }: {
  data: Page | null;
  selector: Selector;
  moments: readonly Moment[];
  correct: (selector: Selector, from: number, to: number) => void;
}): JSX.Element {
  const stretches = useMemo(() => stretchesOf(data, selector), [data]);
  return <Chart selector={selector} moments={moments} stretches={stretches} correct={correct} />;
}

function about(data: DevicePage | null): string {
  const device = data?.device;
  return [device?.id, device?.location ?? device?.site, device?.model, device?.firmwareVersion, retired(device?.retiredAt)]
    .filter(Boolean).join(" · ");
}

function retired(at: string | null | undefined): string {
  return at == null ? "" : `out of service since ${formatMoment(at)}`;
}

function SpanTools(): JSX.Element {
  const { from, to, live } = span.value;
  const change = (next: typeof span.value) => () => (span.value = next);
  return (
    <div class="choice" role="group" aria-label="Span of the charts">
      {PRESETS.map(([text, length]) => (
        <button key={text} type="button" aria-pressed={live && Math.abs(to - from - length) < 1} onClick={change(latest(length))}>{text}</button>
      ))}
      <button type="button" aria-label="Earlier" onClick={change(moved(span.value, -0.5, now.value))}>←</button>
      <button type="button" aria-label="Later" onClick={change(moved(span.value, 0.5, now.value))}>→</button>
      <button type="button" aria-label="Closer" onClick={change(zoomed(span.value, 0.5, live ? 1 : 0.5, now.value))}>+</button>
      <button type="button" aria-label="Wider" onClick={change(zoomed(span.value, 2, live ? 1 : 0.5, now.value))}>−</button>
      {!live && <button type="button" onClick={change(latest(to - from))}>Back to now</button>}
    </div>
  );
}

function momentsOf(commands: readonly Asked[]): Moment[] {
  return commands.map(({ requestedAt, actuatorId, command, value }) => ({
    at: Date.parse(requestedAt) / 1000, text: `${actuatorId} ${value === null ? command : formatState(value)}`,
  }));
}

/** Alerts of one series, and what was corrected of it. What has no end goes on; a correction may have no beginning. */
function stretchesOf(data: Page | null, { sensorId, metric }: Selector): Stretch[] {
  const mine = (one: { metric: string | null; sensorId: string | null }) =>
    (one.metric ?? metric) === metric && (one.sensorId ?? sensorId) === sensorId;
  const at = (time: string | null, otherwise: number) => (time === null ? otherwise : Date.parse(time) / 1000);
  const alerts = data?.alerts.nodes.filter(({ state }) => state !== "REFUTED").filter(mine) ?? [];
  const corrections = data?.device?.corrections.filter(mine) ?? [];
  return [
    ...alerts.map(({ since, overSince, endedAt }): Stretch => ({ from: at(since, 0), to: at(overSince ?? endedAt, Infinity), kind: "alert" })),
    ...corrections.map(({ from, to }): Stretch => ({ from: at(from, -Infinity), to: at(to, Infinity), kind: "correction" })),
  ];
}

function TimeLine({ id, commands }: { id: string; commands: readonly Asked[] }): JSX.Element | null {
  const { from, to } = span.value;
  const within = commands.filter(({ requestedAt }) => Date.parse(requestedAt) >= from && Date.parse(requestedAt) <= to);
  const [all, setAll] = useState(false);
  if (within.length === 0) return null;
  return (
    <section class="panel">
      <h2>Commands in this span</h2>
      <ul class="log">
        {within.slice(0, all ? undefined : LISTED).map(({ id: command, correlationId, deviceId, actuatorId, value, command: name, state, requestedAt, requestedBy, reason }) => (
          <li key={command}>
            <Time at={requestedAt} format={formatMoment} />
            <span>
              <a href={addressOf("commands", correlationId)}>{actuatorId} {value === null ? name : formatState(value)}</a>
              {deviceId !== id && ` on ${deviceId}`}, {inWords(state)}{reason !== null && `: ${reason}`}
              {requestedBy !== null && <small> by {personOf(requestedBy)}</small>}
            </span>
          </li>
        ))}
      </ul>
      {!all && within.length > LISTED && <button type="button" class="quiet small" onClick={() => setAll(true)}>All {within.length}</button>}
    </section>
  );
}
