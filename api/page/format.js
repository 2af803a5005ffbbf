/** How metrics, values and times are written for people. */

/** @typedef {{label: string, digits: number}} MetricStyle */

/** In the order in which a card shows them. @type {Record<string, MetricStyle>} */
const METRICS = {
  temperature: { label: "Temperature", digits: 1 },
  humidity: { label: "Humidity", digits: 1 },
  absolute_humidity: { label: "Absolute humidity", digits: 1 },
  humidity_deficit: { label: "Humidity deficit", digits: 1 },
  dew_point: { label: "Dew point", digits: 1 },
  vapour_pressure_deficit: { label: "Vapour pressure deficit", digits: 2 },
  leaf_vapour_pressure_deficit: { label: "Leaf vapour pressure deficit", digits: 2 },
  heat_index: { label: "Heat index", digits: 1 },
  co2: { label: "CO₂", digits: 0 },
  par: { label: "PAR", digits: 0 },
  radiation: { label: "Radiation", digits: 0 },
  net_radiation: { label: "Net radiation", digits: 0 },
  radiation_sum: { label: "Radiation sum", digits: 0 },
  illuminance: { label: "Light", digits: 0 },
  leaf_temperature: { label: "Leaf temperature", digits: 1 },
  pipe_temperature: { label: "Pipe temperature", digits: 1 },
  soil_temperature: { label: "Soil temperature", digits: 1 },
  soil_moisture: { label: "Soil moisture", digits: 1 },
  water_content: { label: "Water content", digits: 3 },
  transpiration: { label: "Transpiration", digits: 0 },
  ph: { label: "pH", digits: 2 },
  ec: { label: "EC", digits: 2 },
  water_level: { label: "Water level", digits: 0 },
  opening: { label: "Opening", digits: 0 },
  wind_speed: { label: "Wind", digits: 1 },
  wind_direction: { label: "Wind direction", digits: 0 },
  rain: { label: "Rain", digits: 1 },
  rain_detected: { label: "Raining", digits: 0 },
  pressure: { label: "Pressure", digits: 1 },
  battery: { label: "Battery", digits: 0 },
  battery_voltage: { label: "Battery", digits: 2 },
  signal: { label: "Signal", digits: 0 },
};

/** @type {Record<string, string>} */
const UNITS = {
  degC: "°C", deg: "°", "1": "", pH: "", "umol/m2/s": "µmol/m²/s", "m3/m3": "m³/m³",
  "g/m3": "g/m³", "g/m2": "g/m²", "W/m2": "W/m²", "J/cm2": "J/cm²",
};

const ORDER = Object.keys(METRICS);
const significant = new Intl.NumberFormat(undefined, { maximumSignificantDigits: 4 });
const byDigits = [0, 1, 2, 3].map(
  (digits) => new Intl.NumberFormat(undefined, { minimumFractionDigits: digits, maximumFractionDigits: digits }),
);
const clockTime = new Intl.DateTimeFormat(undefined, { timeStyle: "medium" });
const moment = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });

/** The order of names for people: bench-2 before bench-10. @type {(a: string, b: string) => number} */
export const byName = new Intl.Collator(undefined, { numeric: true }).compare;

/** `soil_temperature` -> "Soil temperature". @param {string} metric */
export function metricLabel(metric) {
  const words = metric.replaceAll("_", " ");
  return METRICS[metric]?.label ?? words.charAt(0).toUpperCase() + words.slice(1);
}

/** Where a metric stands on a card; unknown ones last. @param {string} metric */
export function metricRank(metric) {
  const place = ORDER.indexOf(metric);
  return place < 0 ? ORDER.length : place;
}

/** @param {string | null} unit */
export function unitLabel(unit) {
  return unit === null ? "" : UNITS[unit] ?? unit;
}

/** @param {string} metric @param {number | null} value */
export function formatValue(metric, value) {
  if (value === null) return "–";
  if (metric === "rain_detected") return value > 0 ? "yes" : "no";
  const style = METRICS[metric];
  const text = style === undefined ? significant.format(value) : byDigits[style.digits].format(value);
  return text.replace(/^-(?=[0.,]*$)/, ""); // no "-0.0"
}

/** An actuator's state: `true` -> "on". @param {unknown} state */
export function formatState(state) {
  if (typeof state === "boolean") return state ? "on" : "off";
  return typeof state === "number" ? significant.format(state) : String(state);
}

/** "12 s ago". @param {number} milliseconds since then */
export function formatAge(milliseconds) {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  if (seconds < 5) return "just now";
  if (seconds < 60) return `${seconds} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 172_800) return `${Math.floor(seconds / 3600)} h ago`;
  return `${Math.floor(seconds / 86_400)} days ago`;
}

/** "12 s", "3 min". @param {number} milliseconds */
export function formatSpan(milliseconds) {
  const seconds = Math.round(milliseconds / 1000);
  return seconds < 90 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
}

/** A full local date and time. @param {number} milliseconds since the epoch */
export function formatMoment(milliseconds) {
  return moment.format(milliseconds);
}

/** The local time of day, of what happened in one go. @param {number} milliseconds since the epoch */
export function formatClock(milliseconds) {
  return clockTime.format(milliseconds);
}

/** @param {number} count @param {string} one @param {string} [many] */
export function plural(count, one, many = `${one}s`) {
  return `${count} ${count === 1 ? one : many}`;
}
