/** What people are called who did something: by the names of their keys, for those who may list keys. */

import { signal } from "@preact/signals";
import { graphql } from "../data/graphql";
import { hasCode, request } from "../data/request";

const KEY_NAMES = graphql(`query KeyNames { keys { id name } }`);
const KEY = "key:";
const AGAIN_MS = 30_000;

const names = signal<ReadonlyMap<string, string>>(new Map());
let nextAt = 0;

/** `key:1168f0c2a07b` -> "Ada"; where that is not to be known, "key 1168f0c2a07b". What is no key is called what it is. */
export function personOf(actor: string): string {
  if (!actor.startsWith(KEY)) return actor;
  const id = actor.slice(KEY.length);
  const name = names.value.get(id);
  if (name === undefined) void learn();
  return name ?? `key ${id}`;
}

async function learn(): Promise<void> {
  if (Date.now() < nextAt) return;
  nextAt = Date.now() + AGAIN_MS;
  try {
    names.value = new Map((await request(KEY_NAMES, {})).keys.map(({ id, name }) => [id, name]));
  } catch (error) {
    if (hasCode(error, "FORBIDDEN")) nextAt = Infinity;
  }
}
