/** What is asked of one device: what it is, and its history over any span. */

import { graphql, type ResultOf } from "../data/graphql";

export const DEVICE_PAGE = graphql(`
  query DevicePage($id: ID!) {
    device(id: $id) {
      id name location site model firmwareVersion deviceType dialect status statusAt lastSeen clockDrift
      actuators { actuatorId state reason timestamp }
      declaredActuators { actuatorId type commands { command choices minimum maximum } }
      corrections(first: 50) { id sensorId metric from to operation amount reason actor decidedAt }
    }
    commands(deviceId: $id, first: 100) {
      nodes { id correlationId actuatorId command value state requestedAt requestedBy }
    }
    alerts(deviceId: $id, first: 50) { nodes { id kind metric sensorId state since overSince } }
  }
`);
export type DevicePage = ResultOf<typeof DEVICE_PAGE>;
export type Correction = NonNullable<DevicePage["device"]>["corrections"][number];

export const WINDOWS = graphql(`
  query Windows($selectors: [SeriesSelector!]!, $from: DateTime!, $to: DateTime!, $window: Duration!) {
    series(selectors: $selectors, from: $from, to: $to, window: $window) {
      unit columns { times mean: values(of: MEAN) low: values(of: MIN) high: values(of: MAX) bad suspected revisions }
    }
  }
`);

export const RAW = graphql(`
  query Raw($selectors: [SeriesSelector!]!, $from: DateTime!, $to: DateTime!) {
    readingColumns(selectors: $selectors, from: $from, to: $to) {
      unit times values originals qualities corrections verdicts next
    }
  }
`);
