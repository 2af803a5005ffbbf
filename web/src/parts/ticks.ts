/** How moments are written below a chart, as the reader's country writes them: seconds, minutes, days or months, as the scale has them. */

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const withSeconds = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const day = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });
const month = new Intl.DateTimeFormat(undefined, { month: "short", year: "numeric" });

const DAY_S = 86_400;

/** `at` and `step` in seconds; midnight is told by its day. */
export function formatTick(at: number, step: number): string {
  const date = new Date(at * 1000);
  if (step >= 28 * DAY_S) return month.format(date);
  if (step >= DAY_S || (date.getHours() === 0 && date.getMinutes() === 0 && date.getSeconds() === 0)) return day.format(date);
  return (step < 60 ? withSeconds : clock).format(date);
}
