/** Views that are fetched when somebody opens them; what is not there yet says so. */

import type { FunctionComponent, JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { tell } from "../data/app";

export function lazy<P extends object>(load: () => Promise<FunctionComponent<P>>): (props: P) => JSX.Element {
  let found: FunctionComponent<P> | null = null;
  return function Lazy(props: P) {
    const [, setLoaded] = useState(found !== null);
    useEffect(() => {
      if (found === null) load().then((view) => ((found = view), setLoaded(true)), tell);
    }, []);
    const View = found;
    return View === null ? <p class="plain">Opening…</p> : <View {...props} />;
  };
}
