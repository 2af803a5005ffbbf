/** One device: what it is and says now, its charts from years to seconds, its corrections, and its commands on the time line. */

import { useSignalEffect } from "@preact/signals";
import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { nameOf, now, store, version } from "../data/app";
import { request } from "../data/request";
import { type Correction, DEVICE_PAGE, type DevicePage } from "../house/device-documents";
import { formatAge, formatMoment, formatState, inWords } from "../parts/format";
import { metricLabel } from "../parts/metrics";
import { usePolled } from "../parts/poll";
import { addressOf } from "../parts/router";
import { advanced, latest, moved, PRESETS, span, zoomed } from "../parts/span";
import { Time } from "../parts/ui";
import { inOrder } from "./card";
import { Chart } from "./chart";
import { IssueCommand } from "./issue";
import type { Moment } from "./plot";

const REFRESH_MS = 5000;

export function DeviceView({ parts: [id = ""] }: { parts: string[] }): JSX.Element {
  version(id).value;
  const { data, again } = usePolled(id, (abort) => request(DEVICE_PAGE, { id }, abort), REFRESH_MS);
  useSignalEffect(() => {
    const at = now.value;
    if (span.peek().live) span.value = advanced(span.peek(), at);
  });
  const known = store.devices.get(id);
  const moments = useMemo(() => momentsOf(data), [data]);
  if (known === undefined) return <p class="plain">{data === null ? "Opening…" : `There is no device ${id}.`}</p>;
  return (
    <>
      <header class="view-head">
        <div>
          <h1>{nameOf(known)}</h1>
          <p class="subline">{about(data)} · {inWords(store.status(known))}, heard {formatAge(now.value - known.heardAt)}</p>
        </div>
        <SpanTools />
      </header>
      <div class="stack">
        {[...known.latest.values()].sort(inOrder).map(({ key, sensorId, metric }) => (
          <Chart key={key} selector={{ deviceId: id, sensorId, metric }} moments={moments} />
        ))}
        {data?.device != null && <IssueCommand device={data.device} issued={again} />}
        <TimeLine data={data} />
        <Corrections corrections={data?.device?.corrections ?? []} />
      </div>
    </>
  );
}

function about(data: DevicePage | null): string {
  const device = data?.device;
  return [device?.id, device?.location ?? device?.site, device?.model, device?.firmwareVersion].filter(Boolean).join(" · ");
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

/** Commands, alerts and corrections as lines in the charts. */
function momentsOf(data: DevicePage | null): Moment[] {
  const at = (time: string) => Date.parse(time) / 1000;
  const commands = data?.commands.nodes.map((one): Moment => ({ at: at(one.requestedAt), kind: "command", text: one.actuatorId })) ?? [];
  const alerts = data?.alerts.nodes.map((one): Moment => ({ at: at(one.since), kind: "alert", text: one.kind })) ?? [];
  const corrections = data?.device?.corrections ?? [];
  const bounds = corrections.flatMap(({ from, to }) => [from, to].filter((one) => one !== null));
  return [...commands, ...alerts, ...bounds.map((one): Moment => ({ at: at(one), kind: "correction", text: "correction" }))];
}

function TimeLine({ data }: { data: DevicePage | null }): JSX.Element | null {
  const { from, to } = span.value;
  const within = (time: string) => Date.parse(time) >= from && Date.parse(time) <= to;
  const commands = (data?.commands.nodes ?? []).filter(({ requestedAt }) => within(requestedAt));
  if (commands.length === 0) return null;
  return (
    <section class="panel">
      <h2>Commands in this span</h2>
      <ul>
        {commands.map(({ id, correlationId, actuatorId, value, command, state, requestedAt }) => (
          <li key={id}>
            <Time at={requestedAt} />: <a href={addressOf("commands", correlationId)}>
              {actuatorId} {value === null ? command : formatState(value)}</a>, {inWords(state)}
          </li>
        ))}
      </ul>
    </section>
  );
}

function Corrections({ corrections }: { corrections: readonly Correction[] }): JSX.Element | null {
  if (corrections.length === 0) return null;
  return (
    <section class="panel">
      <h2>Corrections</h2>
      <ul>
        {corrections.map((one) => (
          <li key={one.id}>
            {metricLabel(one.metric)} {one.sensorId}: {inWords(one.operation)} {one.amount}{" "}
            {one.from === null ? "from the first reading" : `from ${formatMoment(one.from)}`}{" "}
            {one.to === null ? "on" : `to ${formatMoment(one.to)}`} ({one.reason}, {one.actor ?? "somebody"}, <Time at={one.decidedAt} />)
          </li>
        ))}
      </ul>
    </section>
  );
}
