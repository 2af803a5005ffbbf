import type { JSX } from "preact";

export function Commands({ parts }: { parts: string[] }): JSX.Element {
  return <h1>Commands {parts.join("/")}</h1>;
}
