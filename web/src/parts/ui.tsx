/** Small parts that several views use. */

import type { ComponentChildren, JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { notice, tell } from "../data/app";
import { inPlainWords } from "./errors";
import { formatMoment } from "./format";

export function Time({ at, format = formatMoment }: { at: string; format?: (at: string) => string }): JSX.Element {
  return <time dateTime={at} title={formatMoment(at)}>{format(at)}</time>;
}

/** A button that does one thing at a time and tells what went wrong: `failed` does, or else the page. `lacks` is what must be
 * there first. One that cannot be pressed just now keeps the focus: who uses the keyboard stays where he is. */
export function Act({ run, children, class: kind, disabled, failed, lacks }: {
  run: () => Promise<unknown>;
  children: ComponentChildren;
  class?: string;
  disabled?: boolean;
  failed?: (reason: string) => void;
  lacks?: string | false;
}): JSX.Element {
  const [busy, setBusy] = useState(false);
  const isOff = busy || disabled === true;
  const fail = (error: unknown) => (failed === undefined ? tell(error) : failed(inPlainWords(error)));
  const act = () => {
    if (isOff) return;
    notice.value = "";
    if (lacks) return fail(lacks);
    setBusy(true);
    run().catch(fail).finally(() => setBusy(false));
  };
  return (
    <button type="button" class={kind} aria-disabled={isOff} aria-busy={busy} onClick={act}>
      {children}
    </button>
  );
}

/** What cannot be undone is asked for twice, in place. */
export function Sure({ run, really, children }: { run: () => Promise<unknown>; really: string; children: ComponentChildren }): JSX.Element {
  const [asked, setAsked] = useState(false);
  if (!asked) return <button type="button" onClick={() => setAsked(true)}>{children}</button>;
  return (
    <>
      <Act class="danger" run={run}>{really}</Act>
      <button type="button" class="quiet" onClick={() => setAsked(false)}>Leave it</button>
    </>
  );
}

/** A modal dialog that is open while it is there. */
export function Dialog({ title, close, children }: { title: string; close: () => void; children: ComponentChildren }): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} aria-label={title} onClose={close}>
      <header>
        <h2>{title}</h2>
        <button type="button" class="quiet" onClick={() => dialog.current?.close()}>Close</button>
      </header>
      {children}
    </dialog>
  );
}

/** Choices of which one holds, as buttons. */
export function Choice<T extends string>({ label, choices, value, choose }: {
  label: string;
  choices: readonly (readonly [T, string])[];
  value: T;
  choose: (value: T) => void;
}): JSX.Element {
  return (
    <div class="choice" role="group" aria-label={label}>
      {choices.map(([name, text]) => (
        <button key={name} type="button" aria-pressed={name === value} onClick={() => choose(name)}>{text}</button>
      ))}
    </div>
  );
}

export function Tag({ kind, children }: { kind: string; children: ComponentChildren }): JSX.Element {
  return <span class="tag" data-kind={kind}>{children}</span>;
}
