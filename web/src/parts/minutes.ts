/** Minutes as a form has them, to a length of time as the server takes it; no longer than it takes any. */

const MOST = 7 * 24 * 60;

export function durationOf(text: string): string {
  const minutes = Number(text.trim().replace(",", "."));
  if (!(minutes >= 0 && minutes <= MOST)) throw new Error(`“${text}” is no number of minutes from 0 to ${MOST}, a week.`);
  return `PT${Math.round(minutes * 60)}S`;
}
