/** Puts the page together: the session decides whether the key is asked for or the house is shown. */

import { render } from "preact";
import "./style/frame.css";
import "./style/card.css";
import "./style/views.css";
import { hurry, openHouse, startTicking, tryKey } from "./data/app";
import { takeKeyFromAddress } from "./data/session";
import { readAddress } from "./parts/router";
import { Shell } from "./shell";

function useAddress(): boolean {
  const given = takeKeyFromAddress();
  readAddress();
  if (given !== null) void tryKey(given);
  return given !== null;
}

addEventListener("hashchange", useAddress);
addEventListener("online", hurry);
document.addEventListener("visibilitychange", () => document.hidden || hurry());

const given = useAddress();
render(<Shell />, document.getElementById("app")!);
startTicking();
if (!given) openHouse();
