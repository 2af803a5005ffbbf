/** One socket of `graphql-transport-ws` for all subscriptions; when it ends the next is opened, and each goes on. */

import { textOf } from "./graphql";

const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 15_000;
const QUIET_MS = 25_000; // after so long without a word the server is asked whether it is still there
const ANSWER_MS = 10_000;
const REFUSED = new Set([4401, 4403]);

export interface Problem {
  message: string;
  extensions?: { code?: string };
}

export interface Subscriber {
  document: object;
  /** Asked anew for every socket, so that it goes on from the last cursor. */
  variables(): Record<string, unknown>;
  next(data: unknown): void;
  /** The server refused the operation. */
  failed(errors: Problem[]): void;
  /** The server ended it for good. Without this it is taken for a lost socket, and goes on with the next. */
  complete?(): void;
}

export interface Watcher {
  opened(): void;
  lost(retryInMs: number): void;
  /** The session is not, or no longer, good. */
  refused(): void;
}

interface Message {
  type: string;
  id?: string;
  payload?: unknown;
}

/** How long to wait before try number `attempt`: doubling, capped, and spread so that pages do not return all at once. */
export function retryDelay(attempt: number, random: () => number = Math.random): number {
  const ceiling = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** attempt);
  return ceiling / 2 + (random() * ceiling) / 2;
}

export class LiveSocket {
  #socket: WebSocket | null = null;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #watchdog: ReturnType<typeof setTimeout> | undefined;
  #subscribers = new Map<string, Subscriber>();
  #ids = 0;
  #attempt = 0;
  #running = false;
  #acknowledged = false;

  constructor(private readonly watcher: Watcher) {}

  start(): void {
    this.#running = true;
    this.#open();
  }

  stop(): void {
    this.#running = false;
    this.#drop();
  }

  /** Subscribe now, and again on every socket to come. Returns what ends it. */
  add(subscriber: Subscriber): () => void {
    const id = String(++this.#ids);
    this.#subscribers.set(id, subscriber);
    if (this.#acknowledged) this.#subscribe(id, subscriber);
    return () => {
      if (this.#subscribers.delete(id) && this.#acknowledged) this.#send({ id, type: "complete" });
    };
  }

  /** Do not wait for the next try, nor for one that began without a network: it is back, or somebody looks again. */
  hurry(): void {
    if (!this.#running || this.#acknowledged) return;
    this.#drop();
    this.#attempt = 0;
    this.#open();
  }

  #drop(): void {
    clearTimeout(this.#retry);
    clearTimeout(this.#watchdog);
    const socket = this.#socket;
    this.#socket = null; // what it still says is not heard
    this.#acknowledged = false;
    socket?.close(1000);
  }

  #open(): void {
    clearTimeout(this.#retry);
    const socket = new WebSocket(new URL("graphql", location.href.replace(/^http/, "ws")), "graphql-transport-ws");
    this.#socket = socket;
    socket.onopen = () => this.#send({ type: "connection_init", payload: {} });
    socket.onmessage = (event) => socket === this.#socket && this.#hear(JSON.parse(String(event.data)) as Message);
    socket.onclose = (event) => socket === this.#socket && this.#closed(event.code);
    this.#watch();
  }

  #hear({ type, id, payload }: Message): void {
    this.#watch();
    const subscriber = this.#subscribers.get(id ?? "");
    if (type === "connection_ack") this.#begin();
    else if (type === "next" && subscriber) this.#next(subscriber, payload as { data?: unknown; errors?: Problem[] });
    else if (type === "ping") this.#send({ type: "pong" });
    else if (type === "error" && subscriber) this.#fail(subscriber, payload as Problem[]);
    else if (type === "complete" && subscriber) this.#completed(id ?? "", subscriber);
  }

  #begin(): void {
    this.#acknowledged = true;
    for (const [id, subscriber] of this.#subscribers) this.#subscribe(id, subscriber);
    this.watcher.opened();
  }

  #subscribe(id: string, { document, variables }: Subscriber): void {
    this.#send({ id, type: "subscribe", payload: { query: textOf(document), variables: variables() } });
  }

  #next(subscriber: Subscriber, { data, errors }: { data?: unknown; errors?: Problem[] }): void {
    this.#attempt = 0;
    if (errors?.length) this.#fail(subscriber, errors);
    else subscriber.next(data);
  }

  #fail(subscriber: Subscriber, errors: Problem[]): void {
    if (errors[0]?.extensions?.code === "UNAUTHENTICATED") return this.#refuse();
    subscriber.failed(errors);
    if (subscriber.complete === undefined) this.#closed(1000);
  }

  /** What goes on for ever is not over because the server ended it: it is asked for again, after a while. */
  #completed(id: string, subscriber: Subscriber): void {
    if (subscriber.complete === undefined) return this.#closed(1000);
    this.#subscribers.delete(id);
    subscriber.complete();
  }

  #closed(code: number): void {
    if (REFUSED.has(code)) return this.#refuse();
    this.#drop();
    if (!this.#running) return;
    const delay = retryDelay(this.#attempt++);
    this.#retry = setTimeout(() => this.#open(), delay);
    this.watcher.lost(delay);
  }

  #refuse(): void {
    this.stop();
    this.watcher.refused();
  }

  /** A half-open socket never closes by itself: ask after a quiet while, and take no answer for an end. */
  #watch(): void {
    clearTimeout(this.#watchdog);
    const opened = this.#socket?.readyState === WebSocket.OPEN;
    this.#watchdog = setTimeout(() => (opened ? this.#ask() : this.#closed(1006)), opened ? QUIET_MS : ANSWER_MS);
  }

  #ask(): void {
    this.#send({ type: "ping" });
    this.#watchdog = setTimeout(() => this.#closed(1006), ANSWER_MS);
  }

  #send(message: Message): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }
}
