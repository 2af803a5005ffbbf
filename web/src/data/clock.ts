/** The server's clock, seen from the browser: a phone whose own clock is off must not call the house late. */

const TRUSTED_WITHIN_MS = 2000; // the Date header counts whole seconds

let offset = 0;

/** Learn from the `Date` header of an answer. */
export function observeServerTime(header: string | null): void {
  const told = header === null ? NaN : Date.parse(header);
  if (Number.isNaN(told)) return;
  const difference = told - Date.now();
  offset = Math.abs(difference) > TRUSTED_WITHIN_MS ? difference : 0;
}

/** Milliseconds since the epoch, by the server's clock. */
export function serverNow(): number {
  return Date.now() + offset;
}
