/** Where the reader is: a hash, so that the page works below any path and no key is ever in the way. */

import { computed, signal } from "@preact/signals";

const address = signal(location.hash);
addEventListener("hashchange", () => {
  if (isHouse()) houseLeftAt = scrollY;
  address.value = location.hash;
});

let houseLeftAt = 0;

/** `#/device/bench-1` -> ["device", "bench-1"]; the start is the house. */
export const route = computed(() => {
  const parts = address.value.replace(/^#\/?/, "").split("/").filter(Boolean).map(decoded);
  return parts.length === 0 ? ["house"] : parts;
});

export function addressOf(...parts: string[]): string {
  return `#/${parts.map(encodeURIComponent).join("/")}`;
}

export function go(...parts: string[]): void {
  location.hash = addressOf(...parts);
}

/** How far down a view begins: at its top; the house, whose cards lead away, where it was left. */
export function startOfView(): number {
  return isHouse() ? houseLeftAt : 0;
}

function isHouse(): boolean {
  return route.peek()[0] === "house";
}

/** The address bar was changed without a word, as when a key was wiped from it. */
export function readAddress(): void {
  address.value = location.hash;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
