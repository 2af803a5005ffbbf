/** Operation: how each part is, what it could not understand, who has keys. */

import type { JSX } from "preact";
import { Keys } from "./keys";
import { Letters } from "./letters";
import { Projections } from "./projections";

export function Operate(): JSX.Element {
  return (
    <>
      <header class="view-head"><h1>Operate</h1></header>
      <div class="stack">
        <Projections />
        <Letters />
        <Keys />
      </div>
    </>
  );
}
