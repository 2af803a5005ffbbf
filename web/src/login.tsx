/** The key is asked for. It goes to the server once and is forgotten here. */

import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { refusal, tryKey } from "./data/app";

export function Login(): JSX.Element {
  const key = useRef<HTMLInputElement>(null);
  useEffect(() => key.current?.focus(), [refusal.value]);
  const submit = (event: Event) => {
    event.preventDefault();
    const text = key.current!.value;
    key.current!.value = "";
    void tryKey(text);
  };
  return (
    <main id="login" class="login">
      <form class="panel" method="post" onSubmit={submit}>
        <img src="static/icon.svg" alt="" width={48} height={48} />
        <h1>Glasshouse</h1>
        <p>Log in with a key to see the house.</p>
        <input type="text" autocomplete="username" value="glasshouse" hidden />
        <label for="key">Key</label>
        <input ref={key} id="key" name="key" type="password" required spellcheck={false} autocapitalize="none"
          autocomplete="current-password" aria-describedby="login-error key-hint" />
        <p id="login-error" class="error" role="alert">{refusal.value}</p>
        <button type="submit" class="primary">Log in</button>
        <p id="key-hint" class="hint">A key begins with <code>gh_</code>. <code>glasshouse up</code> prints the first
          one; <code>glasshouse keys</code> issues more.</p>
      </form>
    </main>
  );
}
