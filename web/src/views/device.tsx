import type { JSX } from "preact";

export function DeviceView({ parts }: { parts: string[] }): JSX.Element {
  return <h1>DeviceView {parts.join("/")}</h1>;
}
