/** Puts the page together: the session decides whether the key is asked for or the house is shown. */

import { serverNow } from "./clock.js";
import { Commands } from "./commands.js";
import { hasCode } from "./graphql.js";
import { Letters } from "./letters.js";
import { Live, OVER } from "./live.js";
import { Recent } from "./recent.js";
import { logIn, logOut, takeKeyFromAddress } from "./session.js";
import { Store } from "./store.js";
import { byId, View } from "./view.js";

const key = /** @type {HTMLInputElement} */ (byId("key"));
const store = new Store(serverNow, () => view.schedule());
const recent = new Recent(serverNow, (id) => view.groups.cards.get(id)?.spoilTrends(), refused);
const view = new View(store, (device) => recent.want(device));
const letters = new Letters(refused);
const commands = new Commands(refused);
/** @type {Live | null} */ let live = null;

/** The house is shown once there is something to show; till then the reader may still be asked for a key. */
function openHouse() {
  live?.stop();
  let shown = false;
  const show = () => {
    byId("login").hidden = true;
    byId("house").hidden = false;
    shown = true;
  };
  live = new Live(store, {
    link: (link, milliseconds) => (link === "lost" && show(), view.setLink(link, milliseconds)),
    notice: (text) => view.notice(text),
    loaded: () => (show(), recent.forget(), view.loaded()),
    deadLetters: (count) => letters.setCount(count),
    loggedOut: (why) => askForKey(why === OVER && !shown ? "" : why), // who was not in has no session that could be over
  });
  live.start();
}

/** @param {string} why */
function askForKey(why) {
  live?.stop();
  live = null;
  letters.close();
  commands.close();
  byId("house").hidden = true;
  byId("login").hidden = false;
  byId("login-error").textContent = why;
  key.focus();
}

/** @param {string} text */
async function tryKey(text) {
  const problem = await logIn(text).catch((error) => String(error.message));
  key.value = "";
  if (problem === null) openHouse();
  else askForKey(problem);
}

/** @param {unknown} error */
function refused(error) {
  if (hasCode(error, "UNAUTHENTICATED")) askForKey(OVER);
  else view.notice(error instanceof Error ? error.message : String(error));
}

function useAddress() {
  const given = takeKeyFromAddress();
  if (given !== null) tryKey(given);
  return given !== null;
}

byId("login-form").addEventListener("submit", (event) => {
  event.preventDefault();
  tryKey(key.value);
});
byId("logout").addEventListener("click", () => logOut().then(() => location.reload(), refused));
byId("example").textContent = `mosquitto_pub -V 5 -h ${location.hostname} -p 1883 -q 1 \\
  -t glasshouse/home/bench-1/reading \\
  -m '{"reading": {"temperature": 21.5, "humidity": 60}}'`;
addEventListener("hashchange", useAddress);
addEventListener("online", () => live?.hurry());
document.addEventListener("visibilitychange", () => document.hidden || live?.hurry());

if (!useAddress()) openHouse();
