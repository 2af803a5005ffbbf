/** Ask now, and again for as long as the view is open and somebody looks at it. */

import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { tell } from "../data/app";

export interface Polled<T> {
  data: T | null;
  again(): void;
}

/** `key` tells what is asked for: another one forgets the answer and asks at once. */
export function usePolled<T>(key: string, ask: (signal: AbortSignal) => Promise<T>, everyMs: number): Polled<T> {
  const [answer, setAnswer] = useState<{ key: string; data: T } | null>(null);
  const asking = useRef(ask);
  asking.current = ask;
  const round = useRef<() => void>(() => undefined);
  useEffect(() => {
    const abort = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    round.current = () => {
      clearTimeout(timer);
      void once();
    };
    const once = async () => {
      try {
        const data = document.hidden ? null : await asking.current(abort.signal);
        if (!abort.signal.aborted && data !== null) setAnswer({ key, data });
      } catch (error) {
        if (!abort.signal.aborted) tell(error);
      }
      if (!abort.signal.aborted) timer = setTimeout(once, everyMs);
    };
    void once();
    return () => (abort.abort(), clearTimeout(timer));
  }, [key, everyMs]);
  return { data: answer?.key === key ? answer.data : null, again: useCallback(() => round.current(), []) };
}
