/** Logging in and out. The key goes to the server once and is kept nowhere; what remains is a cookie no script can read. */

import { post, UnreachableError } from "./graphql.js";

/**
 * The key of a link `/#key=...`, wiped from the address bar and the history before anything else happens.
 * @returns {string | null}
 */
export function takeKeyFromAddress() {
  const key = new URLSearchParams(location.hash.slice(1)).get("key");
  if (key !== null) history.replaceState(null, "", location.pathname + location.search);
  return key;
}

/**
 * Open a session.
 * @param {string} key
 * @returns {Promise<string | null>} null, or why the key was refused
 */
export async function logIn(key) {
  const answer = await post("session", { key: key.trim() });
  if (answer.ok) return null;
  if (answer.status >= 500) throw new UnreachableError(`The server answered ${answer.status}.`);
  if (answer.status === 429) return "Too many attempts. Wait a minute, then try again.";
  return "This key does not open the house. It may be mistyped, expired or revoked.";
}

export async function logOut() {
  await fetch("session", { method: "DELETE" });
}
