/** How metrics and their values are written, in the units that the reader chose. */

import { units } from "./settings";

interface Style {
  label: string;
  digits: number;
}

/** In the order in which a card shows them. */
const METRICS: Record<string, Style> = {
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

interface Computed {
  of: readonly string[];
  unit: string;
}

const AIR = ["temperature", "humidity"];

/** Climate indices: a sensor has them where its readings hold what they are computed of. */
export const COMPUTED: Record<string, Computed> = {
  dew_point: { of: AIR, unit: "degC" },
  vapour_pressure_deficit: { of: AIR, unit: "kPa" },
  leaf_vapour_pressure_deficit: { of: [...AIR, "leaf_temperature"], unit: "kPa" },
  heat_index: { of: AIR, unit: "degC" },
  absolute_humidity: { of: AIR, unit: "g/m3" },
  humidity_deficit: { of: AIR, unit: "g/m3" },
};

const UNITS: Record<string, string> = {
  degC: "°C", deg: "°", "1": "", pH: "", "umol/m2/s": "µmol/m²/s", "m3/m3": "m³/m³",
  "g/m3": "g/m³", "g/m2": "g/m²", "W/m2": "W/m²", "J/cm2": "J/cm²",
};

interface Conversion {
  unit: string;
  factor: number;
  offset: number;
  digits?: number;
}

const US: Record<string, Conversion> = {
  degC: { unit: "°F", factor: 1.8, offset: 32 },
  "m/s": { unit: "mph", factor: 3600 / 1609.344, offset: 0 },
  mm: { unit: "in", factor: 1 / 25.4, offset: 0, digits: 2 },
  cm: { unit: "in", factor: 1 / 2.54, offset: 0 },
  hPa: { unit: "inHg", factor: 1 / 33.863886667, offset: 0, digits: 2 },
};

const ORDER = Object.keys(METRICS);
const significant = new Intl.NumberFormat(undefined, { maximumSignificantDigits: 4 });
const byDigits = [0, 1, 2, 3].map(
  (digits) => new Intl.NumberFormat(undefined, { minimumFractionDigits: digits, maximumFractionDigits: digits }),
);

/** `soil_temperature` -> "Soil temperature". */
export function metricLabel(metric: string): string {
  const words = metric.replaceAll("_", " ");
  return METRICS[metric]?.label ?? words.charAt(0).toUpperCase() + words.slice(1);
}

/** Where a metric stands on a card; unknown ones last. */
export function metricRank(metric: string): number {
  const place = ORDER.indexOf(metric);
  return place < 0 ? ORDER.length : place;
}

export function unitLabel(unit: string | null): string {
  return conversion(unit)?.unit ?? ownUnitLabel(unit);
}

/** The unit in which values are kept, whatever the reader chose. */
export function ownUnitLabel(unit: string | null): string {
  return unit === null ? "" : (UNITS[unit] ?? unit);
}

/** Whether nothing is another number in the reader's unit, as 0 °C is 32 °F: a factor then means another thing. */
export function hasOtherZero(unit: string | null): boolean {
  return (conversion(unit)?.offset ?? 0) !== 0;
}

/** A value of ours as the reader wants it. */
export function shown(value: number, unit: string | null): number {
  const us = conversion(unit);
  return us === undefined ? value : value * us.factor + us.offset;
}

/** What the reader typed, in our unit. */
export function typed(value: number, unit: string | null): number {
  const us = conversion(unit);
  return us === undefined ? value : (value - us.offset) / us.factor;
}

/** The same for what is a difference, such as a hysteresis or a rate. */
export function typedDifference(value: number, unit: string | null): number {
  return value / (conversion(unit)?.factor ?? 1);
}

export function shownDifference(value: number, unit: string | null): number {
  return value * (conversion(unit)?.factor ?? 1);
}

export function formatValue(metric: string, value: number | null, unit: string | null): string {
  if (value === null) return "–";
  if (metric === "rain_detected") return value > 0 ? "yes" : "no";
  const format = byDigits[conversion(unit)?.digits ?? METRICS[metric]?.digits ?? -1] ?? significant;
  return format.format(shown(value, unit)).replace(/^-(?=[0.,]*$)/, ""); // no "-0.0"
}

export function formatWithUnit(metric: string, value: number | null, unit: string | null): string {
  return `${formatValue(metric, value, unit)} ${unitLabel(unit)}`.trim();
}

function conversion(unit: string | null): Conversion | undefined {
  return units.value === "us" && unit !== null ? US[unit] : undefined;
}
