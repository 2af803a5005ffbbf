/** The house: how it is, where it is out of range, who is silent, and every device by its place, live. */

import { computed, signal } from "@preact/signals";
import type { JSX } from "preact";
import { counts, link, loaded, nameOf, now, openAlerts, placeOf, places, store } from "../data/app";
import type { Device } from "../house/store";
import { byName, plural } from "../parts/format";
import { addressOf } from "../parts/router";
import { Card } from "./card";
import { HeatMap } from "./heat";

type Filter = "all" | "online" | "silent" | "offline" | "bad";
const FILTERS: readonly (readonly [Filter, string])[] = [
  ["all", "All"], ["online", "Online"], ["silent", "Silent"], ["offline", "Offline"], ["bad", "Bad values"],
];
const filter = signal<Filter>("all");
const search = signal("");

/** Place -> its devices in the order of their names. */
const groups = computed(() => {
  places.value;
  const byPlace = new Map<string, Device[]>();
  for (const device of [...store.devices.values()].sort(inOrder)) {
    const place = placeOf(device);
    byPlace.set(place, [...(byPlace.get(place) ?? []), device]);
  }
  return [...byPlace].sort(([a], [b]) => byName(a, b));
});

export function House(): JSX.Element {
  const none = counts.value.all === 0;
  return (
    <>
      <section class="summary" aria-labelledby="headline">
        <div>
          <h1 id="headline">{headline()}</h1>
          <p id="subline" class="subline">{none ? "" : speed()}</p>
        </div>
        {!none && <Tools />}
      </section>
      <Standing />
      {!none && <HeatMap />}
      <Devices />
      {loaded.value && none && <Empty />}
    </>
  );
}

function Tools(): JSX.Element {
  return (
    <div id="tools" class="tools">
      <div id="filters" class="filters" role="group" aria-label="Show">
        {FILTERS.map(([name, text]) => (
          <button key={name} type="button" data-filter={name} data-some={String(counts.value[name] > 0)}
            aria-pressed={filter.value === name} onClick={() => (filter.value = name)}>{text} <b>{counts.value[name]}</b></button>
        ))}
      </div>
      <input id="search" type="search" placeholder="Find a device or place" aria-label="Find a device or place"
        autocomplete="off" spellcheck={false} onInput={(event) => (search.value = event.currentTarget.value.trim().toLowerCase())} />
    </div>
  );
}

/** The open alerts in a line, the worst first. */
function Standing(): JSX.Element | null {
  const open = openAlerts.value;
  if (open.length === 0) return null;
  const critical = open.filter(({ severity }) => severity === "CRITICAL").length;
  return (
    <p class="standing" data-kind={critical > 0 ? "bad" : "warn"}>
      <a href={addressOf("alerts")}>{plural(open.length, "alert is open", "alerts are open")}</a>
      {critical > 0 && `, ${critical} critical`}
    </p>
  );
}

function Devices(): JSX.Element {
  now.value; // who has fallen silent since
  const shown = groups.value.map(([place, devices]) => [place, devices, devices.filter(fits)] as const);
  const any = shown.some(([, , fitting]) => fitting.length > 0);
  return (
    <>
      <div id="devices" class={link.value.state === "lost" ? "old" : ""}>
        {shown.map(([place, devices, fitting]) => (
          <section key={place} class="group" hidden={fitting.length === 0}>
            <h2>{place.replaceAll("/", " / ")}</h2>
            <ul class="cards">{devices.map((device) => <Card key={device.id} id={device.id} hidden={!fitting.includes(device)} />)}</ul>
          </section>
        ))}
      </div>
      <p id="no-match" class="plain" hidden={any || groups.value.length === 0}>No device matches.</p>
    </>
  );
}

function fits(device: Device): boolean {
  if (search.value !== "" && !wordsOf(device).includes(search.value)) return false;
  if (filter.value === "all") return true;
  const status = store.status(device);
  return filter.value === "bad" ? status !== "retired" && store.hasBadValue(device) : status === filter.value;
}

function wordsOf({ id, details }: Device): string {
  return [id, details?.name, details?.location, details?.site].join(" ").toLowerCase();
}

function inOrder(a: Device, b: Device): number {
  return byName(nameOf(a), nameOf(b)) || byName(a.id, b.id);
}

function headline(): string {
  const { all, retired, troubled } = counts.value;
  const inService = all - retired;
  if (!loaded.value) return "Opening the house";
  if (all === 0) return "Waiting for the first device";
  if (troubled > 0) return `${plural(troubled, "device needs", "devices need")} a look`;
  const open = openAlerts.value.length;
  if (open > 0) return `All devices are heard, ${plural(open, "alert is", "alerts are")} open`;
  if (inService === 0) return "No device is in service";
  return inService === 1 ? "The device is well" : `All ${inService} devices are well`;
}

function speed(): string {
  now.value;
  const rate = store.rate();
  if (rate === null) return "";
  if (rate === 0) return "No readings just now";
  return `${rate < 10 ? rate.toFixed(1) : Math.round(rate)} readings a second`;
}

function Empty(): JSX.Element {
  return (
    <section id="empty" class="panel empty">
      <h2>No device has spoken yet</h2>
      <p>A device need not be registered. Publish a reading over MQTT, and it appears here within a second:</p>
      <pre><code id="example">{`mosquitto_pub -V 5 -h ${location.hostname} -p 1883 -q 1 \\
  -t glasshouse/home/bench-1/reading \\
  -m '{"reading": {"temperature": 21.5, "humidity": 60}}'`}</code></pre>
      <dl>
        <dt>Topic</dt><dd><code>{"glasshouse/<site>/<device>/reading"}</code>, QoS 1</dd>
        <dt>Payload</dt><dd><code>{'{"reading": {"temperature": 21.5, "humidity": 60}}'}</code></dd>
        <dt>Port</dt><dd>as <code>glasshouse up</code> printed it; a broker beyond this machine also wants a user and a password</dd>
      </dl>
    </section>
  );
}
