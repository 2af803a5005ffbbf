/** Hours of the day as a form has them, both empty for none, as the server takes them. */
export function hoursOf(start: string, end: string, days: readonly number[]): { start: string; end: string; days: number[] } | null {
  if (start === "" && end === "") return null;
  return { start: start || "00:00", end: end || "00:00", days: [...days] };
}
