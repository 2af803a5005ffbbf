/** Dead letters: messages that could not be understood, with their reasons; replayed as they are, or repaired first. */

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { letters } from "../data/app";
import { graphql, type ResultOf } from "../data/graphql";
import { request, succeeded } from "../data/request";
import { usePolled } from "../parts/poll";
import { Act, Tag, Time } from "../parts/ui";

const DEAD_LETTERS = graphql(`
  query DeadLetters($first: Int!) {
    deadLetters(first: $first, state: OPEN) {
      totalCount nodes { id topic code reason payload size truncated receivedAt }
    }
  }
`);
const REPLAY = graphql(`
  mutation Replay($ids: [ID!]!) {
    replayDeadLetters(ids: $ids) {
      __typename
      ... on ReplayDeadLettersSuccess { letters { id state replay { eventIds deadLetterIds } } }
      ... on OperationError { code message retryAt }
    }
  }
`);
const REPAIR = graphql(`
  mutation Repair($input: RepairDeadLetterInput!) {
    repairDeadLetter(input: $input) {
      __typename
      ... on RepairDeadLetterSuccess { letter { id state replay { eventIds deadLetterIds } } }
      ... on OperationError { code message retryAt }
    }
  }
`);
type Letter = ResultOf<typeof DEAD_LETTERS>["deadLetters"]["nodes"][number];
interface Became {
  replay: { eventIds: readonly string[]; deadLetterIds: readonly string[] } | null;
}

const SHOWN = 50;
const PREVIEW = 400;
const REFRESH_MS = 5000;

export function Letters(): JSX.Element {
  const { data, again } = usePolled("letters", ask, REFRESH_MS);
  const [told, setTold] = useState("");
  const became = (all: readonly Became[]) => (setTold(outcome(all)), again());
  const found = data?.deadLetters.nodes ?? [];
  const replayAll = async () => {
    const { replayDeadLetters } = await request(REPLAY, { ids: found.map(({ id }) => id) });
    became(succeeded(replayDeadLetters).letters);
  };
  return (
    <section id="letters" aria-labelledby="letters-title">
      <header class="chart-head">
        <h2 id="letters-title">Dead letters <Tag kind={found.length > 0 ? "warn" : "good"}>{data?.deadLetters.totalCount ?? "…"}</Tag></h2>
        {found.length > 1 && <Act run={replayAll}>Replay these {found.length}</Act>}
      </header>
      <p class="hint">Messages that could not be understood, the newest first. Each is kept with its reason; none is dropped.</p>
      <p role="status">{told}</p>
      <ol id="letters-list" class="rows">{found.map((letter) => <Row key={letter.id} letter={letter} became={became} />)}</ol>
      {data !== null && found.length === 0 && <p class="plain">There are none.</p>}
    </section>
  );
}

async function ask(abort: AbortSignal): Promise<ResultOf<typeof DEAD_LETTERS>> {
  const answer = await request(DEAD_LETTERS, { first: SHOWN }, abort);
  letters.value = answer.deadLetters.totalCount;
  return answer;
}

function Row({ letter, became }: { letter: Letter; became: (all: readonly Became[]) => void }): JSX.Element {
  const { id, topic, code, reason, payload, size, truncated, receivedAt } = letter;
  const [repairing, setRepairing] = useState(false);
  const replay = async () => became(succeeded((await request(REPLAY, { ids: [id] })).replayDeadLetters).letters);
  const shown = payload.length > PREVIEW || truncated ? `${payload.slice(0, PREVIEW)}… (${size} bytes)` : payload;
  return (
    <li class="row">
      <code class="topic">{topic}</code> <Time at={receivedAt} />
      <p class="reason wide-row">{reason} <Tag kind="warn">{code}</Tag></p>
      {repairing ? <Repair letter={letter} became={became} /> : <pre class="wide-row"><code class="payload">{shown}</code></pre>}
      <div class="acts">
        <Act run={replay}>Replay as it is</Act>
        {!truncated && <button type="button" aria-expanded={repairing} onClick={() => setRepairing(!repairing)}>Repair</button>}
      </div>
    </li>
  );
}

function Repair({ letter, became }: { letter: Letter; became: (all: readonly Became[]) => void }): JSX.Element {
  const [topic, setTopic] = useState(letter.topic);
  const [payload, setPayload] = useState(letter.payload);
  const isSame = topic === letter.topic && payload === letter.payload;
  const send = async () => {
    const input = { id: letter.id, topic: topic === letter.topic ? null : topic, payload: payload === letter.payload ? null : payload };
    became([succeeded((await request(REPAIR, { input })).repairDeadLetter).letter]);
  };
  return (
    <div class="form wide-row">
      <label>Topic<input value={topic} onInput={(event) => setTopic(event.currentTarget.value)} /></label>
      <label>Payload<textarea value={payload} spellcheck={false} onInput={(event) => setPayload(event.currentTarget.value)} /></label>
      <div class="acts"><Act class="primary" run={send} lacks={isSame && "Change the topic or the payload first; “Replay as it is” sends it unchanged."}>Repair and replay</Act></div>
    </div>
  );
}

function outcome(all: readonly Became[]): string {
  const events = all.reduce((sum, { replay }) => sum + (replay?.eventIds.length ?? 0), 0);
  const again = all.reduce((sum, { replay }) => sum + (replay?.deadLetterIds.length ?? 0), 0);
  const failed = again === 0 ? "" : `; ${again} could still not be understood`;
  return `${events === 1 ? "1 event is" : `${events} events are`} stored${failed}.`;
}
