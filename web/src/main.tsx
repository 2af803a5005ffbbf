/** Puts the page together: the session decides whether the key is asked for or the house is shown. */

import { render } from "preact";
import "uplot/dist/uPlot.min.css";
import "./style/frame.css";
import "./style/card.css";
import "./style/views.css";
import { hurry, loaded, openHouse, startTicking, tryKey } from "./data/app";
import { takeKeyFromAddress } from "./data/session";
import { fetchAhead } from "./parts/lazy";
import { readAddress } from "./parts/router";
import { Shell } from "./shell";

const AHEAD_MS = 500; // what is looked at comes first

function useAddress(): boolean {
  const given = takeKeyFromAddress();
  readAddress();
  if (given !== null) void tryKey(given);
  return given !== null;
}

addEventListener("hashchange", useAddress);
addEventListener("online", hurry);
loaded.subscribe((is) => void (is && setTimeout(fetchAhead, AHEAD_MS)));
document.addEventListener("visibilitychange", () => document.hidden || hurry());

const given = useAddress();
render(<Shell />, document.getElementById("app")!);
startTicking();
if (!given) openHouse();
