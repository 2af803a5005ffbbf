/** The GraphQL documents of the page, and the shapes of their answers. */

/**
 * @typedef {{eventId: string, deviceId: string, sensorId: string, metric: string, value: number | null,
 *   unit: string | null, quality: string, timestamp: string, recordedAt: string}} Reading
 * @typedef {{actuatorId: string, state: unknown, reason: string | null, timestamp: string}} Actuator
 * @typedef {{id: string, site: string | null, location: string | null, name: string | null, model: string | null,
 *   firmwareVersion: string | null, status: string | null, statusAt: string | null, lastSeen: string | null,
 *   actuators: Actuator[], latest?: Reading[]}} DeviceDetails
 * @typedef {{topic: string, code: string, reason: string, payload: string, size: number,
 *   receivedAt: string}} DeadLetter
 * @typedef {{id: string, correlationId: string, deviceId: string, actuatorId: string, command: string, value: unknown,
 *   state: string, requestedAt: string, requestedBy: string | null, reason: string | null}} Command
 * @typedef {{__typename: string, eventId: string, type: string, at: string, actor: string | null}} Traced
 * @typedef {{start: string, count: number, mean: number | null}} Bucket
 * @typedef {{deviceId: string, sensorId: string, metric: string}} Selector
 * @typedef {{__typename: string, cursor: string, reading?: Reading, reason?: string}} ReadingMessage
 */

const READING = "eventId deviceId sensorId metric value unit quality timestamp recordedAt";
const DEVICE = `id site location name model firmwareVersion status statusAt lastSeen
  actuators { actuatorId state reason timestamp }`;

/** All devices with their latest readings, a page at a time. */
export const DEVICES_WITH_LATEST = `query DevicesWithLatest($first: Int!, $after: String, $atLeast: Cursor) {
  devices(first: $first, after: $after, atLeast: $atLeast) {
    nodes { ${DEVICE} latest { ${READING} } } pageInfo { hasNextPage endCursor } liveCursor
  }
}`;

/** What the readings subscription does not tell: status, actuators, names, places. */
export const DEVICES = `query Devices($first: Int!, $after: String) {
  devices(first: $first, after: $after) { nodes { ${DEVICE} } pageInfo { hasNextPage endCursor } }
}`;

export const READINGS = `subscription Readings($after: String) {
  readings(after: $after) {
    __typename
    ... on ReadingReceived { cursor reading { ${READING} } }
    ... on ReadingProgress { cursor }
    ... on ReadingGap { cursor reason }
  }
}`;

/** The last minutes of a few sensors, for their sparklines. */
export const RECENT = `query Recent($selectors: [SeriesSelector!]!, $from: DateTime!, $to: DateTime!, $window: Duration!) {
  series(selectors: $selectors, from: $from, to: $to, window: $window) {
    deviceId sensorId metric buckets { start count mean }
  }
}`;

/** What else the house must know of itself: dead letters, and read models that stand still. */
export const HEALTH = "query Health { deadLetters(first: 1, state: OPEN) { totalCount } projections { name state error } }";

export const DEAD_LETTERS = `query DeadLetters($first: Int!) {
  deadLetters(first: $first, state: OPEN) { totalCount nodes { topic code reason payload size receivedAt } }
}`;

/** What was asked of actuators, the newest first. */
export const COMMANDS = `query Commands($first: Int!) {
  commands(first: $first) {
    nodes { id correlationId deviceId actuatorId command value state requestedAt requestedBy reason }
  }
}`;

/** What hangs together with a command, from its cause to what came of it. */
export const TRACE = `query Trace($correlationId: ID!) {
  trace(correlationId: $correlationId) { truncated entries {
    __typename
    ... on Traced { eventId type at actor }
    ... on TracedReading { after readings { deviceId metric value unit } }
    ... on TracedRequest { commandIds }
    ... on TracedCommand { deviceId actuatorId command value }
    ... on TracedStep { deviceId actuatorId step: state reason reachedState }
    ... on TracedAnswer { deviceId toldOf: actuatorId result told: state reason late }
    ... on TracedEnd { succeeded setBack }
  } }
}`;
