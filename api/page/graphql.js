/** GraphQL over HTTP: one request, its data, or an error that says which kind it is. */

import { observeServerTime } from "./clock.js";

/** The server answered, and refused. `code` is one of the schema's error codes. */
export class GraphQLError extends Error {
  /** @param {string} message @param {string} code */
  constructor(message, code) {
    super(message);
    this.code = code;
  }
}

/** The server could not be reached, or answered with something that is not GraphQL. */
export class UnreachableError extends Error {}

/** Whether the server refused for this reason. @param {unknown} error @param {string} code */
export function hasCode(error, code) {
  return error instanceof GraphQLError && error.code === code;
}

/**
 * Run a query with the session's cookie.
 * @param {string} query @param {Record<string, unknown>} [variables] @param {AbortSignal} [signal]
 * @returns {Promise<any>} its data
 */
export async function request(query, variables = {}, signal) {
  const answer = await post("graphql", { query, variables }, signal);
  const body = await answer.json().catch(() => null);
  const error = body?.errors?.[0];
  if (error !== undefined) throw new GraphQLError(error.message, error.extensions?.code ?? "INTERNAL");
  if (answer.status === 401) throw new GraphQLError("The session is over.", "UNAUTHENTICATED");
  if (body?.data === undefined) throw new UnreachableError(`The server answered ${answer.status} without data.`);
  return body.data;
}

/**
 * @param {string} path @param {unknown} body @param {AbortSignal} [signal]
 * @returns {Promise<Response>}
 */
export async function post(path, body, signal) {
  const headers = { "content-type": "application/json", accept: "application/graphql-response+json, application/json" };
  const options = { method: "POST", headers, body: JSON.stringify(body), signal };
  const answer = await fetch(path, options).catch((error) => {
    if (signal?.aborted) throw error;
    throw new UnreachableError("The server cannot be reached.");
  });
  observeServerTime(answer.headers.get("date"));
  return answer;
}
