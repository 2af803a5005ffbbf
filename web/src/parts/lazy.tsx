/** Views that are fetched by themselves: ahead of their time, or when somebody opens one; what could not be had is tried again. */

import type { FunctionComponent, JSX } from "preact";
import { useEffect, useState } from "preact/hooks";

const AGAIN_MS = 1000;
const all: (() => Promise<void>)[] = [];

/** Once there is time for it: a view may be opened while the network is away. */
export function fetchAhead(): void {
  for (const fetched of all) fetched().catch(() => undefined); // whoever opens it tries again
}

export function lazy<P extends object>(load: () => Promise<FunctionComponent<P>>): (props: P) => JSX.Element {
  let found: FunctionComponent<P> | null = null;
  const fetched = async () => void (found ??= await load());
  all.push(fetched);
  return function Lazy(props: P) {
    const [state, setState] = useState<"opening" | "failed" | "there">("opening");
    useEffect(() => {
      if (found !== null) return;
      let timer: ReturnType<typeof setTimeout> | undefined;
      const failed = () => (setState("failed"), (timer = setTimeout(attempt, AGAIN_MS)));
      const attempt = () => void fetched().then(() => setState("there"), failed);
      attempt();
      return () => clearTimeout(timer);
    }, []);
    const View = found;
    if (View !== null) return <View {...props} />;
    return <p class="plain">{state === "failed" ? "This view could not be fetched yet. If that stays so, load the page anew." : "Opening…"}</p>;
  };
}
