/** The read models: how far each is behind, and rebuilding, verifying and rolling back with progress. */

import type { JSX } from "preact";
import { graphql, type ResultOf } from "../data/graphql";
import { request, succeeded } from "../data/request";
import { formatSpan, inWords } from "../parts/format";
import { usePolled } from "../parts/poll";
import { Act, Tag } from "../parts/ui";

const PROJECTIONS = graphql(`
  query Projections {
    projections {
      name state error lagSeconds events eventsPerSecond version previousVersion candidateVersion
      rebuild { action phase progress etaSeconds events error version report { outcome switched differingDays } }
    }
  }
`);
const REBUILD = graphql(`
  mutation Rebuild($name: String!) {
    rebuildProjection(name: $name) {
      __typename ... on RebuildProjectionSuccess { projection { name } } ... on OperationError { code message retryAt }
    }
  }
`);
const VERIFY = graphql(`
  mutation Verify($name: String!) {
    verifyProjection(name: $name) {
      __typename ... on VerifyProjectionSuccess { projection { name } } ... on OperationError { code message retryAt }
    }
  }
`);
const ROLL_BACK = graphql(`
  mutation RollBack($name: String!) {
    rollBackProjection(name: $name) {
      __typename ... on RollBackProjectionSuccess { projection { name } } ... on OperationError { code message retryAt }
    }
  }
`);
type Projection = ResultOf<typeof PROJECTIONS>["projections"][number];

const REFRESH_MS = 1000;
const LATE_S = 5;

export function Projections(): JSX.Element {
  const { data, again } = usePolled("projections", (abort) => request(PROJECTIONS, {}, abort), REFRESH_MS);
  return (
    <section aria-labelledby="parts-title">
      <h2 id="parts-title">Read models</h2>
      <p class="hint">What is answered from, made out of the log: each can be made anew, beside the one that serves.</p>
      <ul class="rows grid">{data?.projections.map((one) => <Row key={one.name} projection={one} again={again} />)}</ul>
    </section>
  );
}

function Row({ projection, again }: { projection: Projection; again: () => void }): JSX.Element {
  const { name, state, error, lagSeconds, events, eventsPerSecond, version, previousVersion, rebuild } = projection;
  const busy = rebuild !== null && rebuild.phase !== "DONE" && rebuild.phase !== "FAILED";
  return (
    <li class="row" data-projection={name}>
      <h3>{name}</h3>
      <Tag kind={state === "LIVE" ? "good" : state === "HALTED" ? "bad" : "warn"}>{inWords(state)}</Tag>
      <p class="about wide-row">
        version {version}, {events.toLocaleString()} events, {eventsPerSecond.toFixed(0)} a second,{" "}
        {lagSeconds > LATE_S ? <b data-kind="warn">{formatSpan(lagSeconds * 1000)} behind</b> : "up to date"}
      </p>
      {error !== null && <p class="error wide-row">{error}</p>}
      {rebuild !== null && <Progress rebuild={rebuild} />}
      <div class="acts">
        <Act disabled={busy} run={async () => (succeeded((await request(REBUILD, { name })).rebuildProjection), again())}>Rebuild</Act>
        <Act disabled={busy} run={async () => (succeeded((await request(VERIFY, { name })).verifyProjection), again())}>Verify</Act>
        {previousVersion !== null && (
          <Act disabled={busy} run={async () => (succeeded((await request(ROLL_BACK, { name })).rollBackProjection), again())}>
            Roll back to version {previousVersion}
          </Act>
        )}
      </div>
    </li>
  );
}

function Progress({ rebuild }: { rebuild: NonNullable<Projection["rebuild"]> }): JSX.Element {
  const { action, phase, progress, etaSeconds, error, report } = rebuild;
  const left = phase === "FILLING" && etaSeconds !== null ? `, ${formatSpan(etaSeconds * 1000)} to go` : "";
  const outcome = report === null ? "" : `: ${inWords(report.outcome)}${report.switched ? ", the new version serves" : ""}`;
  return (
    <div class="wide-row">
      <p class="rebuild" role="status">{inWords(action)} {inWords(phase)}{left}{outcome}{error !== null && `: ${error}`}</p>
      {phase !== "DONE" && phase !== "FAILED" && <progress max={1} value={progress} aria-label={`${inWords(action)} of the read model`} />}
    </div>
  );
}
