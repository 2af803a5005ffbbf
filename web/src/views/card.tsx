/** The card of one device: drawn anew when something of it changed, and once a second for its age and its lines. */

import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { nameOf, now, openAlerts, recent, store, version } from "../data/app";
import { byName, formatAge, formatMoment, formatState } from "../parts/format";
import { formatValue, metricLabel, metricRank, unitLabel } from "../parts/metrics";
import { addressOf } from "../parts/router";
import type { Device, Latest } from "../house/store";

const UNNAMED = "main"; // the sensor of a device that named none
const STATUS_TEXT = { online: "Online", silent: "Silent", offline: "Offline", retired: "Out of service" };
const MARKS: Record<string, readonly [string, string]> = {
  bad: ["Bad", "A check found this value impossible, or the device says it is wrong."],
  suspected: ["Suspect", "This value may be wrong."],
};

const inSight = new Set<string>();
const observer = new IntersectionObserver(
  (entries) => {
    for (const { target, isIntersecting } of entries) {
      const id = (target as HTMLElement).dataset["device"] ?? "";
      if (isIntersecting) inSight.add(id);
      else inSight.delete(id);
    }
  },
  { rootMargin: "200px" },
);

/** What matters most to the crop comes first; of several probes of one metric, by name. */
export function inOrder(a: Latest, b: Latest): number {
  return metricRank(a.metric) - metricRank(b.metric) || byName(a.metric, b.metric) || byName(a.sensorId, b.sensorId);
}

export function Card({ id, hidden }: { id: string; hidden: boolean }): JSX.Element {
  const element = useRef<HTMLLIElement>(null);
  useEffect(() => {
    const card = element.current!;
    observer.observe(card);
    return () => (observer.unobserve(card), void inSight.delete(id));
  }, [id]);
  version(id).value;
  now.value; // what the passing of time changes: status, age and lines
  const device = store.devices.get(id)!;
  if (inSight.has(id)) recent.want(device);
  const status = store.status(device);
  const several = new Set([...device.latest.values()].map(({ sensorId }) => sensorId)).size > 1;
  return (
    <li ref={element} id={`device-${id}`} class={several ? "card several" : "card"} data-device={id} data-status={status} hidden={hidden}>
      <Head device={device} status={STATUS_TEXT[status]} />
      <table aria-label={`Latest readings of ${nameOf(device)}`}>
        <tbody>{[...device.latest.values()].sort(inOrder).map((one) => <Row key={one.key} device={id} latest={one} />)}</tbody>
      </table>
      <Actuators device={device} />
    </li>
  );
}

function Head({ device, status }: { device: Device; status: string }): JSX.Element {
  const { id, details, heardAt } = device;
  const name = nameOf(device);
  const model = [details?.model, details?.firmwareVersion].filter(Boolean).join(" ");
  return (
    <header>
      <h3><a href={addressOf("device", id)}>{name}</a></h3>
      <span class="status">{status}</span>
      <p class="about">{[name === id ? "" : id, model].filter(Boolean).join(" · ")}</p>
      <span class="seen" title={heardAt === 0 ? undefined : `Last heard ${formatMoment(heardAt)}`}>
        {heardAt === 0 ? "" : formatAge(now.value - heardAt)}
      </span>
    </header>
  );
}

function Row({ device, latest }: { device: string; latest: Latest }): JSX.Element {
  const { metric, sensorId, value, unit, quality, at, trend } = latest;
  const text = formatValue(metric, value, unit);
  const before = useRef(text);
  const changed = before.current !== text;
  before.current = text;
  const [mark, why] = MARKS[quality] ?? ["", ""];
  const paths = inSight.has(device) ? trend.paths(now.value) : { line: "", area: "" };
  return (
    <tr data-quality={quality} data-changed={changed ? "" : undefined} data-alert={isAlerted(device, latest) ? "" : undefined}>
      <th scope="row">
        <span class="metric">{metricLabel(metric)}</span> <span class="mark" title={why} hidden={mark === ""}>{mark}</span>{" "}
        <span class="sensor">{sensorId === UNNAMED ? "" : sensorId}</span>
      </th>
      <td class="trend">
        <svg viewBox="0 0 100 24" preserveAspectRatio="none" aria-hidden="true">
          <path class="area" d={paths.area} /><path class="line" d={paths.line} />
        </svg>
      </td>
      <td class="value"><span class="number" title={formatMoment(at)}>{text}</span> <span class="unit">{unitLabel(unit)}</span></td>
    </tr>
  );
}

function isAlerted(device: string, { sensorId, metric }: Latest): boolean {
  return openAlerts.value.some((one) => one.deviceId === device && one.metric === metric && one.sensorId === sensorId);
}

function Actuators({ device }: { device: Device }): JSX.Element {
  const actuators = device.details?.actuators ?? [];
  return (
    <ul class="actuators" aria-label="Actuators" hidden={actuators.length === 0}>
      {actuators.map(({ actuatorId, state, reason, timestamp }) => (
        <li key={actuatorId} title={[`Since ${formatMoment(timestamp)}`, reason].filter(Boolean).join(": ")}>
          {actuatorId} <b>{formatState(state)}</b>
        </li>
      ))}
    </ul>
  );
}
