/** Operation: how each part is, what it could not understand, who has keys. */

import type { JSX } from "preact";
import { Keys } from "./keys";
import { Letters } from "./letters";
import { Projections } from "./projections";

const PARTS = [["parts-title", "Read models"], ["letters-title", "Dead letters"], ["keys-title", "Keys"]] as const;

export function Operate(): JSX.Element {
  return (
    <>
      <header class="view-head">
        <h1>Operate</h1>
        <nav class="choice" aria-label="Parts of this view">{PARTS.map(([id, text]) => <button key={id} type="button" onClick={() => jump(id)}>{text}</button>)}</nav>
      </header>
      <div class="stack">
        <Projections />
        <Letters />
        <Keys />
      </div>
    </>
  );
}

function jump(id: string): void {
  const title = document.getElementById(id);
  title?.setAttribute("tabindex", "-1");
  title?.focus({ preventScroll: true });
  title?.scrollIntoView({ block: "start" });
}
