/** What the house as a whole is asked, and the shapes of the answers. */

import { graphql, type ResultOf } from "../data/graphql";

export const READING = graphql(`
  fragment Heard on Reading { eventId deviceId sensorId metric value unit quality timestamp recordedAt }
`);
export type Reading = ResultOf<typeof READING>;

export const DEVICE = graphql(`
  fragment Details on Device {
    id site location name model firmwareVersion status statusAt lastSeen retiredAt
    actuators { actuatorId state reason timestamp }
  }
`);
export type Details = ResultOf<typeof DEVICE> & { latest?: readonly Reading[] };

/** All devices with their latest readings, a page at a time. */
export const DEVICES_WITH_LATEST = graphql(
  `query DevicesWithLatest($first: Int!, $after: String, $atLeast: Cursor) {
    devices(first: $first, after: $after, atLeast: $atLeast) {
      nodes { ...Details latest { ...Heard } } pageInfo { hasNextPage endCursor } liveCursor
    }
  }`,
  [DEVICE, READING],
);

/** What the readings subscription does not tell: status, actuators, names, places. */
export const DEVICES = graphql(
  `query Devices($first: Int!, $after: String) {
    devices(first: $first, after: $after) { nodes { ...Details } pageInfo { hasNextPage endCursor } }
  }`,
  [DEVICE],
);

export const READINGS = graphql(
  `subscription Readings($after: String) {
    readings(after: $after) {
      __typename
      ... on ReadingReceived { cursor reading { ...Heard } }
      ... on ReadingProgress { cursor }
      ... on ReadingGap { cursor reason }
    }
  }`,
  [READING],
);
export type ReadingMessage = ResultOf<typeof READINGS>["readings"];

/** The last minutes of a few sensors, for their sparklines. */
export const RECENT = graphql(`
  query Recent($selectors: [SeriesSelector!]!, $from: DateTime!, $to: DateTime!, $window: Duration!) {
    series(selectors: $selectors, from: $from, to: $to, window: $window) {
      deviceId sensorId metric buckets { start count mean }
    }
  }
`);

/** What else the house must know of itself: dead letters, and read models that stand still. */
export const HEALTH = graphql(`
  query Health { deadLetters(first: 1, state: OPEN) { totalCount } projections { name state error } }
`);
