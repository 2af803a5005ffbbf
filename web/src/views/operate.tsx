import type { JSX } from "preact";

export function Operate({ parts }: { parts: string[] }): JSX.Element {
  return <h1>Operate {parts.join("/")}</h1>;
}
