/** GraphQL over HTTP: one request, its data, or an error that says which kind it is. */

import { observeServerTime } from "./clock";
import { type ResultOf, textOf, type VariablesOf } from "./graphql";
import type { Problem } from "./socket";

/** The server answered, and refused. `code` is one of the schema's error codes. */
export class GraphQLError extends Error {
  constructor(message: string, readonly code: string, readonly retryAt: string | null = null) {
    super(message);
  }
}

/** Why a subscription was refused. */
export function refusal([error]: Problem[]): GraphQLError {
  return new GraphQLError(error?.message ?? "no reason given", error?.extensions?.code ?? "INTERNAL");
}

/** The server could not be reached, or answered with something that is not GraphQL. */
export class UnreachableError extends Error {}

export function hasCode(error: unknown, code: string): boolean {
  return error instanceof GraphQLError && error.code === code;
}

/** Run an operation with the session's cookie. */
export async function request<D extends object>(document: D, variables: VariablesOf<D>, signal?: AbortSignal): Promise<ResultOf<D>> {
  const answer = await post("graphql", { query: textOf(document), variables }, signal);
  const body = (await answer.json().catch(() => null)) as Answer | null;
  const error = body?.errors?.[0];
  if (error !== undefined) throw refusal([error]);
  if (answer.status === 401) throw new GraphQLError("The session is over.", "UNAUTHENTICATED");
  if (body?.data === undefined) throw new UnreachableError(`The server answered ${answer.status} without data.`);
  return body.data as ResultOf<D>;
}

/** What a mutation answered: every one is its success or an `OperationError`, which becomes an error here. */
export function succeeded<R extends { __typename: string }>(result: R): Exclude<R, { __typename: "OperationError" }> {
  if (result.__typename !== "OperationError") return result as Exclude<R, { __typename: "OperationError" }>;
  const { message, code, retryAt } = result as unknown as { message: string; code: string; retryAt?: string | null };
  throw new GraphQLError(message, code, retryAt ?? null);
}

export async function post(path: string, body: unknown, signal?: AbortSignal): Promise<Response> {
  const headers = { "content-type": "application/json", accept: "application/graphql-response+json, application/json" };
  const options = { method: "POST", headers, body: JSON.stringify(body), signal: signal ?? null };
  const answer = await fetch(path, options).catch((error: unknown) => {
    if (signal?.aborted) throw error;
    throw new UnreachableError("The server cannot be reached.");
  });
  observeServerTime(answer.headers.get("date"));
  return answer;
}

interface Answer {
  data?: unknown;
  errors?: Problem[];
}
