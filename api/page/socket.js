/** One GraphQL subscription over `graphql-transport-ws` that outlives its sockets: when one ends, the next is opened. */

const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 15_000;
const QUIET_MS = 25_000; // after so long without a word the server is asked whether it is still there
const ANSWER_MS = 10_000;
const REFUSED = new Set([4401, 4403]);

/**
 * @typedef {object} Subscriber
 * @property {() => Record<string, unknown>} variables asked anew for every socket, so that it goes on from the last cursor
 * @property {(data: any) => void} next
 * @property {() => void} opened the server took the subscription
 * @property {(retryInMs: number) => void} lost
 * @property {(errors: {message: string, extensions?: {code?: string}}[]) => void} failed the server refused the operation
 * @property {() => void} refused the session is not, or no longer, good
 */

/** How long to wait before try number `attempt`: doubling, capped, and spread so that pages do not return all at once. */
export function retryDelay(/** @type {number} */ attempt, random = Math.random) {
  const ceiling = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** attempt);
  return ceiling / 2 + (random() * ceiling) / 2;
}

export class Subscription {
  /** @type {WebSocket | null} */ #socket = null;
  /** @type {number | undefined} */ #retry;
  /** @type {number | undefined} */ #watchdog;
  #attempt = 0;
  #running = false;

  /** @param {string} query @param {Subscriber} subscriber */
  constructor(query, subscriber) {
    this.query = query;
    this.subscriber = subscriber;
  }

  start() {
    this.#running = true;
    this.#open();
  }

  stop() {
    this.#running = false;
    this.#drop();
  }

  /** Do not wait for the next try: the network is back, or somebody looks again. */
  hurry() {
    if (!this.#running || this.#socket !== null) return;
    this.#attempt = 0;
    this.#open();
  }

  #drop() {
    clearTimeout(this.#retry);
    clearTimeout(this.#watchdog);
    const socket = this.#socket;
    this.#socket = null; // what it still says is not heard
    socket?.close(1000);
  }

  #open() {
    clearTimeout(this.#retry);
    const socket = new WebSocket(new URL("graphql", location.href.replace(/^http/, "ws")), "graphql-transport-ws");
    this.#socket = socket;
    socket.onopen = () => this.#send({ type: "connection_init", payload: {} });
    socket.onmessage = (event) => socket === this.#socket && this.#hear(JSON.parse(event.data));
    socket.onclose = (event) => socket === this.#socket && this.#closed(event.code);
    this.#watch();
  }

  /** @param {{type: string, payload?: any}} message */
  #hear(message) {
    this.#watch();
    switch (message.type) {
      case "connection_ack":
        return this.#subscribe();
      case "next":
        return this.#next(message.payload);
      case "ping":
        return this.#send({ type: "pong" });
      case "error":
        return this.#fail(message.payload);
      case "complete":
        return this.#closed(1000);
    }
  }

  #subscribe() {
    this.#send({ id: "1", type: "subscribe", payload: { query: this.query, variables: this.subscriber.variables() } });
    this.subscriber.opened();
  }

  /** @param {{data?: any, errors?: any[]}} result */
  #next(result) {
    this.#attempt = 0;
    if (result.errors?.length) this.#fail(result.errors);
    else this.subscriber.next(result.data);
  }

  /** @param {{message: string, extensions?: {code?: string}}[]} errors */
  #fail(errors) {
    if (errors[0]?.extensions?.code === "UNAUTHENTICATED") return this.#refuse();
    this.subscriber.failed(errors);
    this.#closed(1000);
  }

  /** @param {number} code */
  #closed(code) {
    if (REFUSED.has(code)) return this.#refuse();
    this.#drop();
    if (!this.#running) return;
    const delay = retryDelay(this.#attempt++);
    this.#retry = setTimeout(() => this.#open(), delay);
    this.subscriber.lost(delay);
  }

  #refuse() {
    this.stop();
    this.subscriber.refused();
  }

  /** A half-open socket never closes by itself: ask after a quiet while, and take no answer for an end. */
  #watch() {
    clearTimeout(this.#watchdog);
    const opened = this.#socket?.readyState === WebSocket.OPEN;
    this.#watchdog = setTimeout(() => (opened ? this.#ask() : this.#closed(1006)), opened ? QUIET_MS : ANSWER_MS);
  }

  #ask() {
    this.#send({ type: "ping" });
    this.#watchdog = setTimeout(() => this.#closed(1006), ANSWER_MS);
  }

  /** @param {unknown} message */
  #send(message) {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }
}
