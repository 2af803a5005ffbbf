/** Places and devices of the house to choose from while one types. */

import type { JSX } from "preact";
import { nameOf, places, store } from "../data/app";
import { byName } from "./format";

export function Suggestions(): JSX.Element {
  places.value;
  const devices = [...store.devices.values()];
  return (
    <>
      <datalist id="all-places">{[...new Set(devices.flatMap(({ details }) => withParents(details?.location)))].sort(byName).map((one) => <option key={one} value={one} />)}</datalist>
      <datalist id="all-devices">{devices.sort((a, b) => byName(a.id, b.id)).map((one) => <option key={one.id} value={one.id}>{nameOf(one)}</option>)}</datalist>
    </>
  );
}

/** `farm/house-1/north` -> that, `farm/house-1` and `farm`. */
function withParents(location: string | null | undefined): string[] {
  const parts = location?.split("/") ?? [];
  return parts.map((_, index) => parts.slice(0, index + 1).join("/"));
}
