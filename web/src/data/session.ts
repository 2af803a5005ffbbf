/** The session: a key is handed over once and stays nowhere; the browser holds a cookie that no script can read. */

import { post, UnreachableError } from "./request";

/** The key of a link `/#key=...`, wiped from the address bar and the history before anything else happens. */
export function takeKeyFromAddress(): string | null {
  const key = new URLSearchParams(location.hash.slice(1)).get("key");
  if (key !== null) history.replaceState(null, "", location.pathname + location.search);
  return key;
}

/** Open a session: null, or why the key was refused. */
export async function logIn(key: string): Promise<string | null> {
  const answer = await post("session", { key: key.trim() });
  if (answer.ok) return null;
  if (answer.status >= 500) throw new UnreachableError(`The server answered ${answer.status}.`);
  if (answer.status === 429) return "Too many attempts. Wait a minute, then try again.";
  return "This key does not open the house. It may be mistyped, expired or revoked.";
}

export async function logOut(): Promise<void> {
  await fetch("session", { method: "DELETE" });
}
