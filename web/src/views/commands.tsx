/** Commands, the newest first, kept up to date while they are looked at; each opens its trace. */

import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { calledOf, socket, tell } from "../data/app";
import { graphql, type ResultOf } from "../data/graphql";
import { refusal, request, succeeded } from "../data/request";
import { personOf } from "../house/people";
import { inWords } from "../parts/format";
import { usePolled } from "../parts/poll";
import { addressOf } from "../parts/router";
import { Act, Time } from "../parts/ui";
import { Trace, wanted } from "./trace";

const COMMAND = graphql(`
  fragment Asked on Command {
    id correlationId deviceId actuatorId command value state requestedAt requestedBy reason held
  }
`);
const COMMANDS = graphql(`query Commands($first: Int!) { commands(first: $first) { nodes { ...Asked } } }`, [COMMAND]);
const BY_CORRELATION = graphql(
  `subscription CommandUpdates($correlationId: ID!) { commandUpdates(correlationId: $correlationId) { ...Asked } }`,
  [COMMAND],
);
const CANCEL = graphql(`
  mutation Cancel($id: ID!) {
    cancelCommand(id: $id) { __typename ... on CancelCommandSuccess { cursor } ... on OperationError { code message retryAt } }
  }
`);
type Command = ResultOf<typeof COMMAND>;

const SHOWN = 30;
const REFRESH_MS = 1000;
const ENDS: Record<string, string> = { SUCCEEDED: "good", FAILED: "bad", REJECTED: "bad", TIMED_OUT: "bad", UNKNOWN: "bad" };
const NOT_SENT = new Set(["REQUESTED"]);

export function Commands({ parts: [correlationId] }: { parts: string[] }): JSX.Element {
  return correlationId === undefined ? <All /> : <One key={correlationId} correlationId={correlationId} />;
}

function All(): JSX.Element {
  const { data, again } = usePolled("commands", (abort) => request(COMMANDS, { first: SHOWN }, abort), REFRESH_MS);
  const commands = data?.commands.nodes;
  return (
    <>
      <header class="view-head"><h1>Commands</h1></header>
      <p class="hint">What was asked of the house's actuators, the newest first, and what became of it. Open one to see what led to
        it and what followed. To ask for something, open the <a href={addressOf("house")}>device</a>.</p>
      <ol id="commands-list">{commands?.map((one) => <Row key={one.id} command={one} again={again} />)}</ol>
      {commands?.length === 0 && <p id="commands-none" class="plain">Nothing was asked of an actuator yet.</p>}
    </>
  );
}

/** All commands of one correlation id, as they go on, to their end. */
function One({ correlationId }: { correlationId: string }): JSX.Element {
  const [commands, setCommands] = useState<ReadonlyMap<string, Command>>(new Map());
  useEffect(() => socket()?.add({
    document: BY_CORRELATION,
    variables: () => ({ correlationId }),
    next: (data) => {
      const { commandUpdates } = data as ResultOf<typeof BY_CORRELATION>;
      setCommands((before) => new Map(before).set(commandUpdates.id, commandUpdates));
    },
    failed: (errors) => tell(refusal(errors)),
    complete: () => undefined,
  }), [correlationId]);
  return (
    <>
      <header class="view-head"><h1>What was asked, and what came of it</h1><a href={addressOf("commands")}>All commands</a></header>
      <ol id="commands-list">{[...commands.values()].map((one) => <Row key={one.id} command={one} again={() => undefined} />)}</ol>
      <section class="panel"><h2>Trace</h2><Trace correlationId={correlationId} /></section>
    </>
  );
}

function Row({ command: one, again }: { command: Command; again: () => void }): JSX.Element {
  const [open, setOpen] = useState(false);
  const cancel = async () => {
    succeeded((await request(CANCEL, { id: one.id })).cancelCommand);
    again();
  };
  return (
    <li class="command" data-state={one.state} data-end={ENDS[one.state] ?? ""}>
      <button type="button" aria-expanded={open} aria-controls={`trace-${one.id}`} onClick={() => setOpen(!open)}>
        <span class="what">{wanted(one.actuatorId, one.command, one.value)}</span>{" "}
        <span class="state">{inWords(one.state)}</span>{" "}
        <span class="where">{[calledOf(one.deviceId), one.requestedBy && personOf(one.requestedBy)].filter(Boolean).join(" · ")}</span> <Time at={one.requestedAt} />
      </button>
      <p class="reason" hidden={one.reason === null}>{one.reason}</p>
      {NOT_SENT.has(one.state) && one.held && <Act run={cancel}>Take it back</Act>}
      {open && <Trace id={`trace-${one.id}`} correlationId={one.correlationId} />}
    </li>
  );
}
