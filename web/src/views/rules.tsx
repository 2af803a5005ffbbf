import type { JSX } from "preact";

export function Rules({ parts }: { parts: string[] }): JSX.Element {
  return <h1>Rules {parts.join("/")}</h1>;
}
