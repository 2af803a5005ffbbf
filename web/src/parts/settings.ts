/** What the reader chose: units and colours. Kept in this browser where it lets us; nothing else is. */

import { effect, type Signal, signal } from "@preact/signals";

export type Units = "metric" | "us";
export type Theme = "auto" | "light" | "dark";

export const units = kept<Units>("glasshouse.units", ["metric", "us"]);
export const theme = kept<Theme>("glasshouse.theme", ["auto", "light", "dark"]);

effect(() => {
  document.documentElement.dataset["theme"] = theme.value;
});

function kept<T extends string>(name: string, choices: readonly [T, ...T[]]): Signal<T> {
  const choice = signal(choices.find((one) => one === read(name)) ?? choices[0]);
  choice.subscribe((value) => write(name, value === choices[0] ? null : value));
  return choice;
}

function read(name: string): string | null {
  try {
    return localStorage.getItem(name);
  } catch {
    return null; // a browser that keeps nothing has the defaults
  }
}

function write(name: string, value: string | null): void {
  try {
    if (value === null) localStorage.removeItem(name);
    else localStorage.setItem(name, value);
  } catch {
    return; // it holds until the page is closed
  }
}
