// Names documents instead of sending them: node ask.mjs CLIENT URL KEY. Asks the query twice, then follows the subscription where
// the client can. Prints JSON: the requests that went out, whether each held the document, what was answered and what came.
import { ApolloClient, ApolloLink, HttpLink, InMemoryCache, gql } from '@apollo/client';
import { PersistedQueryLink } from '@apollo/client/link/persisted-queries';
import { generatePersistedQueryIdsFromManifest } from '@apollo/persisted-query-lists';
import { Client as UrqlClient, fetchExchange, subscriptionExchange } from '@urql/core';
import { persistedExchange } from '@urql/exchange-persisted';
import { createClient as createSse } from 'graphql-sse';
import { createClient as createWs } from 'graphql-ws';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import WebSocket from 'ws';

const [library, url, key] = process.argv.slice(2);
const headers = { authorization: `Bearer ${key}` };
const QUERY = 'query Projections { projections { name } }';
const read = (file) => JSON.parse(readFileSync(file, 'utf8'));
const generated = async () => import('./build/generated/graphql.js');

const requests = [];
async function recorded(address, init = {}) {
  const sent = `${address} ${init.body ?? ''}`;
  const answer = await fetch(address, init);
  requests.push({ method: init.method ?? 'GET', whole: /[?&]query=|"query":"[^"]/.test(sent), status: answer.status });
  return answer;
}

function apollo(options, document) {
  const link = ApolloLink.from([new PersistedQueryLink(options), new HttpLink({ uri: url, headers, fetch: recorded })]);
  const client = new ApolloClient({ link, cache: new InMemoryCache() });
  return async () => (await client.query({ query: document, fetchPolicy: 'no-cache' })).data;
}

const overWebSocket = () => createWs({ url: url.replace('http', 'ws'), webSocketImpl: WebSocket, connectionParams: headers });

function urql(options, more = []) {
  return new UrqlClient({
    url,
    fetch: recorded,
    fetchOptions: { headers },
    requestPolicy: 'network-only',
    exchanges: [persistedExchange(options), ...more, fetchExchange],
  });
}

async function answered(source) {
  const { data, error } = await source.toPromise();
  if (error) throw error;
  return data;
}

// The first message that is an answer, by a client of the protocol itself.
function first(client, request) {
  return new Promise((resolve, reject) => {
    const next = (result) => resolve(result.data ?? result);
    client.subscribe(request, { next, error: reject, complete: () => {} });
  });
}

const clients = {
  'apollo-automatic': async () => {
    const sha256 = (text) => createHash('sha256').update(text).digest('hex');
    return { ask: apollo({ sha256, useGETForHashedQueries: true }, gql(QUERY)) };
  },
  'urql-automatic': async () => {
    const client = urql({ preferGetForPersistedQueries: true });
    return { ask: () => answered(client.query(QUERY, {})) };
  },
  'apollo-trusted': async () => {
    const options = generatePersistedQueryIdsFromManifest({ loadManifest: () => read('apollo-manifest.json') });
    return { ask: apollo(options, (await generated()).ProjectionsDocument) };
  },
  'urql-trusted': async () => {
    const { ProjectionsDocument, FollowDocument } = await generated();
    const socket = overWebSocket();
    const forwardSubscription = (request) => ({
      subscribe: (sink) => ({ unsubscribe: socket.subscribe({ ...request, query: request.query || '' }, sink) }),
    });
    const options = {
      enforcePersistedQueries: true,
      enableForSubscriptions: true,
      preferGetForPersistedQueries: true,
      generateHash: async (_, document) => document.__meta__.hash,
    };
    const client = urql(options, [subscriptionExchange({ forwardSubscription })]);
    return {
      ask: () => answered(client.query(ProjectionsDocument, {})),
      follow: () =>
        new Promise((resolve, reject) =>
          client.subscription(FollowDocument, {}).subscribe(({ data, error }) => (error ? reject(error) : resolve(data))),
        ),
    };
  },
  'graphql-ws': async () => byId(overWebSocket()),
  'graphql-sse': async () => byId(createSse({ url, headers, fetchFn: recorded })),
};

// graphql-ws sends no message without a query, so that is empty.
async function byId(client) {
  const ids = Object.entries(read('src/generated/persisted-documents.json'));
  const idOf = (word) => ids.find(([, text]) => text.startsWith(word))[0];
  return {
    ask: () => first(client, { query: '', documentId: idOf('query') }),
    follow: () => first(client, { query: '', documentId: idOf('subscription') }),
  };
}

const { ask, follow } = await clients[library]();
const answers = [await ask(), await ask()];
const came = follow ? await follow() : null;
console.log(JSON.stringify({ requests, answers, came }));
process.exit(0);
