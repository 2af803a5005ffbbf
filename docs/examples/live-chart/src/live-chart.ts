// The data of a live chart: what was measured of late, then what is measured, each reading once, whatever the network does.
import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { print } from 'graphql';
import { type Client, createClient } from 'graphql-ws';

import {
  LiveDocument,
  type LiveSubscription,
  PastDocument,
  type PastQuery,
  type PastQueryVariables,
  type PointFragment,
} from './operations.js';

export type Point = PointFragment;

export interface Series {
  device: string;
  metric: string;
}

export interface ChartOptions {
  /** Where the house answers, as in http://127.0.0.1:8080/graphql. */
  url: string;
  /** A key of role viewer. */
  key: string;
  /** Only Node before 22 needs one. */
  webSocketImpl?: unknown;
}

/** Told when something cannot be had any more; what is drawn so far may lack it. */
export type GapHandler = (reason: string) => void;

const RETRY_MS = 500;
/** Close codes after which asking again is in vain: a message that is none, no key, a key that is not good or no longer. */
const FINAL = new Set([4400, 4401, 4403, 4406]);

export class LiveChart {
  readonly #options: ChartOptions;
  readonly #socket: Client;

  constructor(options: ChartOptions) {
    this.#options = options;
    this.#socket = createClient({
      url: options.url.replace(/^http/, 'ws'),
      connectionParams: { authorization: `Bearer ${options.key}` },
      retryAttempts: 0, // we go on from a cursor, which a retry of the same subscription would not
      ...(options.webSocketImpl === undefined ? {} : { webSocketImpl: options.webSocketImpl }),
    });
  }

  /**
   * Points of a series since then, and from there on as they come; ends only when the loop that takes them does, or with an
   * error where nothing more can be had: the key is no longer good, say.
   */
  async *points(series: Series, since: Date, onGap: GapHandler = () => {}): AsyncGenerator<Point, never> {
    let cursor = yield* this.#past(series, since);
    for (;;) {
      try {
        for await (const { data, errors } of this.#live(series, cursor)) {
          if (errors || !data) throw errors ?? new Error('no data');
          const message = data.readings;
          if (message.__typename === 'ReadingReceived') yield message.reading;
          if (message.__typename === 'ReadingGap') onGap(message.reason);
          cursor = message.cursor;
        }
      } catch (lost) {
        if (isFinal(lost)) throw new Error(reasonOf(lost));
        console.error('connection lost, going on from the last reading:', reasonOf(lost));
      }
      await pause(RETRY_MS);
    }
  }

  async *#past({ device, metric }: Series, since: Date): AsyncGenerator<Point, string> {
    for (let after: string | null = null; ; ) {
      const variables: PastQueryVariables = { device, metric, from: since.toISOString(), after };
      const { readings }: PastQuery = await this.#query(PastDocument, variables);
      yield* readings.nodes;
      if (!readings.pageInfo.hasNextPage) return readings.liveCursor;
      after = readings.pageInfo.endCursor;
    }
  }

  #live({ device, metric }: Series, after: string) {
    return this.#socket.iterate<LiveSubscription>({
      query: print(LiveDocument),
      variables: { device, metric, after },
    });
  }

  async #query<Result, Variables>(document: TypedDocumentNode<Result, Variables>, variables: Variables): Promise<Result> {
    const { data, errors } = await this.#answer<Result>(JSON.stringify({ query: print(document), variables }));
    if (errors || !data) throw new Error(errors?.map(({ message }) => message).join('; ') ?? 'no data');
    return data;
  }

  /** The answer to a query, asked again where the connection is lost before all of it came. */
  async #answer<Result>(body: string): Promise<{ data?: Result; errors?: { message: string }[] }> {
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${this.#options.key}` };
    for (;;) {
      try {
        const response = await fetch(this.#options.url, { method: 'POST', headers, body });
        return (await response.json()) as { data?: Result; errors?: { message: string }[] };
      } catch (lost) {
        console.error('connection lost, asking again:', lost instanceof Error ? lost.message : lost);
        await pause(RETRY_MS);
      }
    }
  }
}

/** Whether it would be so again. Errors that pass say when to come again, or that something is away. */
function isFinal(lost: unknown): boolean {
  if (Array.isArray(lost)) return !lost.every(({ extensions: told }) => told?.code === 'UNAVAILABLE' || told?.retryAfter);
  return lost instanceof Object && 'code' in lost && FINAL.has(Number(lost.code));
}

function reasonOf(lost: unknown): string {
  if (Array.isArray(lost)) return lost.map(({ message }) => message).join('; ');
  if (lost instanceof Error) return lost.message;
  return lost instanceof Object && 'reason' in lost ? String(lost.reason || 'the socket closed') : String(lost);
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
