/** Ask an actuator for something. What it takes is known where it was declared; else the reader types it. */

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { graphql, type State } from "../data/graphql";
import { request, succeeded } from "../data/request";
import type { DevicePage } from "../house/device-documents";
import { formatState } from "../parts/format";
import { go } from "../parts/router";
import { Act } from "../parts/ui";

const ISSUE = graphql(`
  mutation Issue($input: IssueCommandInput!) {
    issueCommand(input: $input) {
      __typename
      ... on IssueCommandSuccess { command { id correlationId } }
      ... on OperationError { code message retryAt }
    }
  }
`);

type Device = NonNullable<DevicePage["device"]>;

export function IssueCommand({ device, issued }: { device: Device; issued: () => void }): JSX.Element | null {
  const actuators = [...new Set([...device.declaredActuators, ...device.actuators].map(({ actuatorId }) => actuatorId))];
  const [actuator, setActuator] = useState(actuators[0] ?? "");
  const [text, setText] = useState("");
  if (actuators.length === 0) return null;
  const chosen = actuators.includes(actuator) ? actuator : actuators[0]!;
  const set = device.declaredActuators.find((one) => one.actuatorId === chosen)?.commands.find(({ command }) => command === "set");
  const choices = (set?.choices ?? []).map(formatState);
  const value = choices.length > 0 && set?.minimum == null && !choices.includes(text) ? choices[0]! : text;
  const run = async () => {
    const input = { deviceId: device.id, actuatorId: chosen, value: parsed(value, set?.choices ?? []) };
    const { issueCommand } = await request(ISSUE, { input });
    const { command } = succeeded(issueCommand);
    issued();
    if (command !== null) go("commands", command.correlationId);
  };
  return (
    <section class="panel">
      <h2>Command an actuator</h2>
      <form class="form" onSubmit={(event) => event.preventDefault()}>
        <label>Actuator<select value={chosen} onChange={(event) => setActuator(event.currentTarget.value)}>
          {actuators.map((one) => <option key={one} value={one}>{one}{standing(device, one)}</option>)}
        </select></label>
        <label>To{choices.length > 0 && set?.minimum == null
          ? <select value={value} onChange={(event) => setText(event.currentTarget.value)}>{choices.map((one) => <option key={one}>{one}</option>)}</select>
          : <input value={text} required placeholder={hint(set)} onInput={(event) => setText(event.currentTarget.value)} />}</label>
        <div class="acts"><Act class="primary" run={run} lacks={value.trim() === "" && `Say first what ${chosen} is to be set to.`}>Send</Act></div>
      </form>
    </section>
  );
}

function standing({ actuators }: Device, id: string): string {
  const known = actuators.find(({ actuatorId }) => actuatorId === id);
  return known === undefined ? "" : `, now ${formatState(known.state)}`;
}

function hint(set: Device["declaredActuators"][number]["commands"][number] | undefined): string {
  if (set?.minimum == null || set.maximum == null) return "on, off or a number";
  return [`${set.minimum} to ${set.maximum}`, ...set.choices.map(formatState)].join(", ");
}

function parsed(text: string, choices: readonly State[]): State {
  const choice = choices.find((one) => formatState(one) === text.trim());
  if (choice !== undefined) return choice;
  const number = Number(text);
  return text.trim() !== "" && Number.isFinite(number) ? number : text.trim();
}
