/** Whether an element is in sight, or nearly: what is not need not be drawn. */

import type { RefObject } from "preact";
import { useEffect, useState } from "preact/hooks";

export function useNear(target: RefObject<Element | null>): boolean {
  const [near, setNear] = useState(false);
  useEffect(() => {
    const observer = new IntersectionObserver((entries) => setNear(entries.at(-1)!.isIntersecting), { rootMargin: "300px" });
    observer.observe(target.current!);
    return () => observer.disconnect();
  }, []);
  return near;
}
