/** Rules and who is told of their alerts belong together: the head of both lists. */

import type { JSX } from "preact";
import { addressOf } from "../parts/router";

const TEXTS = { rules: ["Rules", "New rule"], recipients: ["Who is told", "New recipient"] } as const;

export function RulesHead({ at }: { at: keyof typeof TEXTS }): JSX.Element {
  const [title, add] = TEXTS[at];
  return (
    <header class="view-head">
      <h1>{title}</h1>
      <nav class="choice" aria-label="Rules and recipients">
        {(["rules", "recipients"] as const).map((one) => <a key={one} href={addressOf(one)} aria-current={one === at ? "page" : undefined}>{TEXTS[one][0]}</a>)}
        <a class="button" href={addressOf(at, "new")}>{add}</a>
      </nav>
    </header>
  );
}
