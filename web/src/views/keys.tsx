/** Keys: who may what; issued, rotated and revoked by an administrator. A new secret is shown once, here. */

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { graphql, type ResultOf } from "../data/graphql";
import { hasCode, request, succeeded } from "../data/request";
import { inWords } from "../parts/format";
import { usePolled } from "../parts/poll";
import { Act, Sure, Tag, Time } from "../parts/ui";

const KEYS = graphql(`query Keys { keys { id accountId name role revoked issuedAt expiresAt lastUsedAt sites devices } }`);
const ISSUE = graphql(`
  mutation IssueKey($input: IssueKeyInput!) {
    issueKey(input: $input) { __typename ... on IssueKeySuccess { secret cursor } ... on OperationError { code message retryAt } }
  }
`);
const ROTATE = graphql(`
  mutation RotateKey($input: RotateKeyInput!) {
    rotateKey(input: $input) { __typename ... on RotateKeySuccess { secret cursor } ... on OperationError { code message retryAt } }
  }
`);
const REVOKE = graphql(`
  mutation RevokeKey($input: RevokeKeyInput!) {
    revokeKey(input: $input) { __typename ... on RevokeKeySuccess { cursor } ... on OperationError { code message retryAt } }
  }
`);
type Key = ResultOf<typeof KEYS>["keys"][number];
type Role = "VIEWER" | "OPERATOR" | "ADMIN" | "INGEST";

const REFRESH_MS = 10_000;
const ROLES: readonly Role[] = ["VIEWER", "OPERATOR", "ADMIN", "INGEST"];

export function Keys(): JSX.Element {
  const { data, again } = usePolled("keys", ask, REFRESH_MS);
  const [secret, setSecret] = useState("");
  const show = (given: string) => (setSecret(given), again());
  return (
    <section aria-labelledby="keys-title">
      <h2 id="keys-title">Keys</h2>
      {data === "hidden" && <p class="plain">Only an administrator's key shows the keys.</p>}
      {secret !== "" && (
        <p class="notice" role="status"><span>The key, shown this once: <code>{secret}</code></span>
          <button type="button" class="quiet" onClick={() => setSecret("")}>Done</button></p>
      )}
      {Array.isArray(data) && <Issue issued={show} />}
      <ul class="rows grid">{Array.isArray(data) && data.map((key: Key) => <Row key={key.id} of={key} rotated={show} again={again} />)}</ul>
    </section>
  );
}

async function ask(abort: AbortSignal): Promise<readonly Key[] | "hidden"> {
  try {
    return (await request(KEYS, {}, abort)).keys;
  } catch (error) {
    if (hasCode(error, "FORBIDDEN")) return "hidden";
    throw error;
  }
}

function Issue({ issued }: { issued: (secret: string) => void }): JSX.Element {
  const [name, setName] = useState("");
  const [role, setRole] = useState<Role>("VIEWER");
  const issue = async () => {
    issued(succeeded((await request(ISSUE, { input: { name, role } })).issueKey).secret);
    setName("");
  };
  return (
    <form class="panel form" onSubmit={(event) => event.preventDefault()}>
      <label>New key for<input value={name} onInput={(event) => setName(event.currentTarget.value)} /></label>
      <label>Role<select value={role} onChange={(event) => setRole(event.currentTarget.value as Role)}>
        {ROLES.map((one) => <option key={one} value={one}>{inWords(one)}</option>)}
      </select></label>
      <div class="acts"><Act run={issue} lacks={name.trim() === "" && "Say first whom or what the key is for."}>Issue a key</Act></div>
    </form>
  );
}

function Row({ of: key, rotated, again }: { of: Key; rotated: (secret: string) => void; again: () => void }): JSX.Element {
  const which = { accountId: key.accountId, keyId: key.id };
  const rotate = async () => rotated(succeeded((await request(ROTATE, { input: which })).rotateKey).secret);
  const revoke = async () => {
    succeeded((await request(REVOKE, { input: which })).revokeKey);
    again();
  };
  return (
    <li class="row">
      <h3>{key.name} <small>{key.id}</small></h3>
      <Tag kind={key.revoked ? "bad" : "good"}>{key.revoked ? "revoked" : inWords(key.role)}</Tag>
      <p class="about wide-row">
        issued <Time at={key.issuedAt} />{key.lastUsedAt !== null && <>, last used <Time at={key.lastUsedAt} /></>}
        {key.expiresAt !== null && <>, ends <Time at={key.expiresAt} /></>}
        {[...key.sites, ...key.devices].length > 0 && `, only ${[...key.sites, ...key.devices].join(", ")}`}
      </p>
      {!key.revoked && <div class="acts"><Act run={rotate}>New secret</Act><Sure run={revoke} really="Revoke it for good">Revoke</Sure></div>}
    </li>
  );
}
