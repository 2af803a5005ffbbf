/** What is asked of one device: what it is, its history over any span, and what people said of it. */

import { graphql, type ResultOf } from "../data/graphql";

export const DEVICE_PAGE = graphql(`
  query DevicePage($id: ID!) {
    device(id: $id) {
      id name location site model firmwareVersion deviceType dialect status statusAt lastSeen clockDrift retiredAt
      actuators { actuatorId state reason timestamp }
      declaredActuators { actuatorId type commands { command choices minimum maximum } }
      corrections(first: 50) { id sensorId metric from to operation amount reason actor decidedAt }
    }
    alerts(deviceId: $id, first: 50) { nodes { id kind metric sensorId state since overSince endedAt severity } }
  }
`);
export type DevicePage = ResultOf<typeof DEVICE_PAGE>;
export type Correction = NonNullable<DevicePage["device"]>["corrections"][number];

/** What was asked of a device's actuators. */
export const COMMANDS_OF = graphql(`
  query CommandsOf($id: ID!) {
    commands(deviceId: $id, first: 50) {
      nodes { id correlationId deviceId actuatorId command value state requestedAt requestedBy reason }
    }
  }
`);
export type Asked = ResultOf<typeof COMMANDS_OF>["commands"]["nodes"][number];

export const WINDOWS = graphql(`
  query Windows($selectors: [SeriesSelector!]!, $from: DateTime!, $to: DateTime!, $window: Duration!, $atLeast: Cursor) {
    series(selectors: $selectors, from: $from, to: $to, window: $window, atLeast: $atLeast) {
      unit columns { times mean: values(of: MEAN) low: values(of: MIN) high: values(of: MAX) bad suspected revisions }
    }
  }
`);

/** `readings` tell when each arrived, which the columns do not. */
export const RAW = graphql(`
  query Raw(
    $selectors: [SeriesSelector!]!, $deviceId: ID!, $sensorId: ID!, $metric: String!, $from: DateTime!, $to: DateTime!, $atLeast: Cursor
  ) {
    readingColumns(selectors: $selectors, from: $from, to: $to, atLeast: $atLeast) {
      unit times values originals qualities corrections verdicts eventIds
    }
    readings(deviceId: $deviceId, sensorId: $sensorId, metric: $metric, from: $from, to: $to, last: 500, atLeast: $atLeast) {
      nodes { eventId timestamp recordedAt }
    }
  }
`);

export const CORRECT = graphql(`
  mutation Correct($input: CorrectReadingsInput!) {
    correctReadings(input: $input) {
      __typename
      ... on CorrectReadingsSuccess {
        cursor
        preview {
          readings changed healed spoiled unit
          before { count min mean max } after { count min mean max }
        }
      }
      ... on OperationError { code message retryAt }
    }
  }
`);
export type Look = NonNullable<Extract<ResultOf<typeof CORRECT>["correctReadings"], { __typename: "CorrectReadingsSuccess" }>["preview"]>;
