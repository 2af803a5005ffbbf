/** Documents typed by our own schema. A document is its text; `gql.tada` gives its types and leaves nothing in the bundle. */

import type { initGraphQLTada, ResultOf, VariablesOf } from "gql.tada";
import type { introspection } from "./schema";

export type State = string | number | boolean;
interface Setup {
  introspection: introspection;
  disableMasking: true;
  scalars: { BigInt: number; Cursor: string; Date: string; DateTime: string; Duration: string; StateValue: State };
}
type Tada = ReturnType<typeof initGraphQLTada<Setup>>;
type Document = Parameters<typeof textOf>[0];

/** Write a document, with the fragments that it spreads. */
export const graphql = ((text: string, fragments: readonly string[] = []) =>
  [text, ...new Set(fragments)].join("\n")) as unknown as Tada;

export function textOf(document: { readonly __typename?: never } | object): string {
  return document as unknown as string;
}

export type { Document, ResultOf, VariablesOf };
