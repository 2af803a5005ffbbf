// Follows all readings with a client's library: node follow.mjs LIBRARY URL KEY. Whenever the connection is lost it goes on from
// the cursor of the last message. Prints a line for the devices that a query told of, and one for each reading or gap.
import { ApolloClient, ApolloLink, HttpLink, InMemoryCache, gql } from '@apollo/client';
import { GraphQLWsLink } from '@apollo/client/link/subscriptions';
import { Client as UrqlClient, fetchExchange, subscriptionExchange } from '@urql/core';
import { createClient as createSse } from 'graphql-sse';
import { createClient as createWs } from 'graphql-ws';
import { setTimeout as pause } from 'node:timers/promises';
import WebSocket from 'ws';

globalThis.WebSocket = WebSocket; // Apollo's link looks at it, and Node 20 has none

const [library, url, key] = process.argv.slice(2);
const headers = { authorization: `Bearer ${key}` };
const DEVICES = 'query Devices { devices(first: 100) { nodes { id } liveCursor } }';
const READINGS = `subscription Follow($after: String) {
  readings(after: $after) {
    __typename
    ... on ReadingReceived { cursor reading { eventId sensorId metric } }
    ... on ReadingProgress { cursor }
    ... on ReadingGap { cursor reason }
  }
}`;

const overWebSocket = () =>
  createWs({
    url: url.replace('http', 'ws'),
    webSocketImpl: WebSocket,
    connectionParams: headers,
    retryAttempts: 0,
  });

// Each runs an operation and hands its results to a sink {next, error, complete}.
const libraries = {
  'graphql-ws': () => {
    const client = overWebSocket();
    return (query, variables, sink) => client.subscribe({ query, variables }, sink);
  },
  'graphql-sse': () => {
    const client = createSse({ url, headers, retryAttempts: 0 });
    return (query, variables, sink) => client.subscribe({ query, variables }, sink);
  },
  apollo: () => {
    const link = ApolloLink.split(
      ({ operationType }) => operationType === 'subscription',
      new GraphQLWsLink(overWebSocket()),
      new HttpLink({ uri: url, headers }),
    );
    const client = new ApolloClient({ link, cache: new InMemoryCache() });
    return (query, variables, sink) => {
      const document = gql(query);
      if (query === DEVICES) {
        client.query({ query: document }).then((result) => (sink.next(result), sink.complete()), sink.error);
        return () => {};
      }
      const told = {
        ...sink,
        next: (result) => (result.error ? sink.error(result.error) : sink.next(result)),
      };
      const running = client.subscribe({ query: document, variables, fetchPolicy: 'no-cache' }).subscribe(told);
      return () => running.unsubscribe();
    };
  },
  urql: () => {
    const socket = overWebSocket();
    const forwardSubscription = (request) => ({
      subscribe: (sink) => ({ unsubscribe: socket.subscribe({ ...request, query: request.query || '' }, sink) }),
    });
    const client = new UrqlClient({
      url,
      fetchOptions: { headers },
      preferGetMethod: false,
      exchanges: [fetchExchange, subscriptionExchange({ forwardSubscription })],
    });
    return (query, variables, sink) => {
      const once = query === DEVICES;
      const source = once ? client.query(query, variables) : client.subscription(query, variables);
      const running = source.subscribe((result) => {
        if (result.error) sink.error(result.error);
        else sink.next(result);
        if (once) sink.complete();
      });
      return () => running.unsubscribe();
    };
  },
};

const operate = libraries[library]();

// Resolves where the operation completes, rejects where it ends otherwise.
function run(query, variables, take) {
  let stop = () => {};
  return new Promise((resolve, reject) => {
    const next = (result) => {
      if (result.errors) reject(new Error(JSON.stringify(result.errors)));
      else take(result.data);
    };
    stop = operate(query, variables, { next, error: reject, complete: resolve });
  }).finally(() => stop());
}

async function until(done) {
  for (;;) {
    try {
      await done();
      return;
    } catch (error) {
      process.stderr.write(`${error?.message ?? error?.reason ?? error}\n`);
      await pause(10);
    }
  }
}

let cursor;
await until(() =>
  run(DEVICES, {}, ({ devices }) => {
    cursor ??= devices.liveCursor;
    console.log(JSON.stringify({ devices: devices.nodes.map(({ id }) => id) }));
  }),
);
for (;;) {
  await until(() =>
    run(READINGS, { after: cursor }, ({ readings: message }) => {
      cursor = message.cursor;
      const { eventId, sensorId, metric } = message.reading ?? {};
      if (eventId) console.log(JSON.stringify({ eventId, sensorId, metric }));
      else if (message.reason) console.log(JSON.stringify({ gap: message.reason }));
    }),
  );
}
