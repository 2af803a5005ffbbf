// Drives a server through EventStore's own Node client. One scenario per run: `node client.mjs URL SCENARIO`; prints one JSON line.

import * as eventstore from "@eventstore/db-client";

const {
  ANY,
  EventStoreDBClient,
  NO_STREAM,
  START,
  eventTypeFilter,
  jsonEvent,
} = eventstore;

const [url, scenario] = process.argv.slice(2);
const client = EventStoreDBClient.connectionString(url);
const reading = (temperature) => jsonEvent({ type: "SensorReading", data: { temperature } });
const named = (error) => ({ error: error.constructor.name, type: error.type });

const refusal = async (promise) => {
  try {
    await promise;
    return { error: null };
  } catch (error) {
    return named(error);
  }
};

const collect = async (events) => {
  const collected = [];
  for await (const { event } of events) collected.push(event);
  return collected;
};

const scenarios = {
  async append() {
    const first = await client.appendToStream("device-1", [reading(1), reading(2)], { expectedRevision: NO_STREAM });
    const second = await client.appendToStream("device-1", reading(3), { expectedRevision: 1n });
    return {
      success: first.success && second.success,
      next: [first.nextExpectedRevision, second.nextExpectedRevision],
      grows: second.position.commit > first.position.commit,
    };
  },

  async unary() {
    const credentials = { username: "admin", password: "changeit" };
    const first = await client.appendToStream("device-1", [reading(1), reading(2)], { expectedRevision: NO_STREAM, credentials });
    const refused = await refusal(client.appendToStream("device-1", reading(3), { expectedRevision: NO_STREAM, credentials }));
    return { success: first.success, next: first.nextExpectedRevision, refused };
  },

  async read() {
    await client.appendToStream("device-1", [1, 2, 3].map(reading));
    const forwards = await collect(client.readStream("device-1", { fromRevision: 1n, maxCount: 5 }));
    const backwards = await collect(client.readStream("device-1", { direction: "backwards", fromRevision: "end", maxCount: 2 }));
    const everywhere = await collect(client.readAll({ fromPosition: START }));
    return {
      forwards: forwards.map((event) => [event.revision, event.data.temperature, event.type, event.streamId]),
      backwards: backwards.map((event) => event.revision),
      everywhere: everywhere.filter((event) => !event.type.startsWith("$")).length,
      created: forwards[0].created instanceof Date && Math.abs(forwards[0].created - Date.now()) < 60_000,
      missing: await refusal(collect(client.readStream("device-none"))),
    };
  },

  async conflict() {
    const events = [reading(1), reading(2)];
    await client.appendToStream("device-1", events, { expectedRevision: NO_STREAM });
    const repeated = await client.appendToStream("device-1", events, { expectedRevision: NO_STREAM });
    const refused = await refusal(client.appendToStream("device-1", reading(3), { expectedRevision: NO_STREAM }));
    const ahead = await refusal(client.appendToStream("device-1", reading(3), { expectedRevision: 7n }));
    return { repeated: repeated.success, refused, ahead };
  },

  async delete() {
    await client.appendToStream("device-1", [reading(1), reading(2)]);
    await client.deleteStream("device-1");
    const gone = await refusal(collect(client.readStream("device-1")));
    await client.appendToStream("device-1", reading(3));
    const back = (await collect(client.readStream("device-1"))).map((event) => event.revision);
    const wrong = await refusal(client.deleteStream("device-1", { expectedRevision: 0n }));
    await client.tombstoneStream("device-1");
    return { gone, back, wrong, ended: await refusal(client.appendToStream("device-1", reading(4), { expectedRevision: ANY })) };
  },

  async subscribe() {
    await client.appendToStream("device-1", [reading(1), reading(2)]);
    const subscription = client.subscribeToStream("device-1", { fromRevision: 0n });
    const seen = [];
    for await (const { event } of subscription) {
      seen.push(event.revision);
      if (seen.length === 1) await client.appendToStream("device-1", reading(3));
      if (seen.length === 2) break;
    }
    return { seen };
  },

  async filtered() {
    const checkpoints = [];
    const filter = eventTypeFilter({
      prefixes: ["Rare"],
      maxSearchWindow: 5,
      checkpointInterval: 2,
      checkpointReached: async (_, position) => checkpoints.push(position.commit),
    });
    const subscription = client.subscribeToAll({ fromPosition: START, filter });
    const seen = [];
    subscription.on("data", ({ event }) => seen.push(event.type));
    await new Promise((resolve) => subscription.once("confirmation", resolve));
    for (let each = 0; each < 30; each += 1) await client.appendToStream("device-1", reading(each));
    const appended = await client.appendToStream("device-1", jsonEvent({ type: "RareEvent", data: {} }));
    await new Promise((resolve) => (seen.length ? resolve() : subscription.once("data", resolve)));
    await subscription.unsubscribe();
    const ordered = checkpoints.every((position, index) => index === 0 || position > checkpoints[index - 1]);
    return { seen, checkpoints: checkpoints.length, ordered, within: checkpoints.every((each) => each <= appended.position.commit) };
  },
};

const asJson = (_, value) => (typeof value === "bigint" ? Number(value) : value);
console.log(JSON.stringify(await scenarios[scenario](), asJson));
await client.dispose();
