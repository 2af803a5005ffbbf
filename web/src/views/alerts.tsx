import type { JSX } from "preact";

export function Alerts({ parts }: { parts: string[] }): JSX.Element {
  return <h1>Alerts {parts.join("/")}</h1>;
}
