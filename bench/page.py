"""The page in a browser, before an `up` with 100 devices: how soon it shows values, how large it is, how smoothly it runs.

    python -m bench.page [--devices 100] [--rounds 5] [--seconds 5]

The first useful paint is from opening the address, logged in, until the value of a sensor is on the screen; with nothing
in the browser's cache, and with what it kept; medians, beside those of an answer of the same server that is a line of text.
Frames are what requestAnimationFrame gives while a hundred series change once a second each, against a page that
does nothing. It is Debian's chromium, without a screen, on the cores of the server: what counts are ratios.
"""

import argparse
import gzip
import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any, Final

from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from bench.live import up
from bench.page_house import WIDE, House, Word
from glasshouse.logs import configure_logs
from glasshouse.loops import run

WEB: Final = Path(__file__).parents[1] / "api" / "web"
ARGUMENTS: Final = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
SHOWN: Final = """window.shown = new Promise((resolve) => {
  const look = () => document.querySelector(".card .number, body > pre")
    ? requestAnimationFrame(() => requestAnimationFrame(() => resolve(performance.now()))) : requestAnimationFrame(look);
  look();
})"""
"""When the frame after the first value was begun: by then it is on the screen."""
FRAMES: Final = """(milliseconds) => new Promise((resolve) => {
  let [frames, began] = [0, null];
  const count = (at) => {
    began ??= at;
    if (at - began >= milliseconds) return resolve(frames * 1000 / (at - began));
    frames += 1;
    requestAnimationFrame(count);
  };
  requestAnimationFrame(count);
})"""
TARGET: Final = 0.9


def sizes() -> dict[str, int]:
    """All that may be fetched, and what must be before the house is shown."""
    files = [path for path in WEB.iterdir() if path.is_file()]
    index = (WEB / "index.html").read_text()
    first = [path for path in files if path.name == "index.html" or path.name in index]
    return {"bytes": sum(path.stat().st_size for path in files), "gzipped": packed(files), "first_view_gzipped": packed(first)}


def packed(files: Sequence[Path]) -> int:
    return sum(len(gzip.compress(path.read_bytes(), 6)) for path in files)


async def logged_in(browser: Browser, ready: dict[str, Any]) -> BrowserContext:
    """A browser that keeps nothing yet but the session."""
    context = await browser.new_context(viewport={"width": 1280, "height": 800})
    answer = await context.request.post(f"{ready['http']}/session", data={"key": ready["admin_key"]})
    assert answer.ok, await answer.text()
    await context.add_init_script(SHOWN)
    return context


async def paints(browser: Browser, ready: dict[str, Any], rounds: int) -> dict[str, float]:
    """Milliseconds until something is to be seen: of a plain answer, of the page for the first time, and once more."""
    taken: dict[str, list[float]] = {"plain_ms": [], "first_ms": [], "again_ms": []}
    for _ in range(rounds):
        context = await logged_in(browser, ready)
        page = await context.new_page()
        for name, path in (("plain_ms", "healthz"), ("first_ms", ""), ("again_ms", "")):
            await page.goto(f"{ready['http']}/{path}")
            taken[name].append(await page.evaluate("window.shown"))
        await context.close()
    return {name: round(median(found), 1) for name, found in taken.items()}


async def frames(page: Page, seconds: float) -> float:
    return float(await page.evaluate(FRAMES, seconds * 1000))


async def moving(
    browser: Browser, ready: dict[str, Any], house: House, view: str, word: Word, seconds: float
) -> dict[str, float]:
    """Frames a second of a view while what it shows changes, between those of a page that does nothing."""
    context = await logged_in(browser, ready)
    page = await context.new_page()
    await page.goto(f"{ready['http']}/healthz")
    before = await frames(page, seconds / 2)
    async with house.speaking(word):
        await page.goto(f"{ready['http']}/#/{view}")
        await page.locator(".card .number, .chart canvas").first.wait_for()
        await page.wait_for_timeout(2000)
        live = await frames(page, seconds)
    await page.goto(f"{ready['http']}/healthz")
    idle = (before + await frames(page, seconds / 2)) / 2
    await context.close()
    return {"frames_per_second": round(live, 1), "idle_frames_per_second": round(idle, 1), "ratio": round(live / idle, 2)}


async def main(devices: int, rounds: int, seconds: float) -> None:
    line = {"bench": "page", "devices": devices}
    print(json.dumps({**line, "measure": "size of the built page", **sizes()}), flush=True)
    with TemporaryDirectory(prefix="glasshouse-bench-") as name:
        async with up(Path(name) / "data") as ready, async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=shutil.which("chromium"), args=ARGUMENTS)
            house = House(ready, devices)
            context = await logged_in(browser, ready)
            await house.furnish(context.request)
            await context.close()
            taken = await paints(browser, ready, rounds)
            ratio = round(taken["first_ms"] / taken["plain_ms"], 1)
            print(json.dumps({**line, "metric": "first useful paint", **taken, "ratio": ratio}), flush=True)
            for view, word in (("house", house.of_all), (f"device/{WIDE}", house.of_one)):
                found = await moving(browser, ready, house, view, word, seconds)
                metric = f"frames of {view.partition('/')[0]} with 100 live series against an idle page"
                print(
                    json.dumps({**line, "metric": metric, **found, "target": TARGET, "met": found["ratio"] >= TARGET}),
                    flush=True,
                )
            await browser.close()


def missing() -> str:
    """Why it cannot be run here; empty where it can."""
    if shutil.which("chromium") is None:
        return "there is no chromium on this machine"
    return "" if (WEB / "index.html").exists() else "the page is not built: make web"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--devices", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=5)
    asked = parser.parse_args()
    configure_logs("error")
    if reason := missing():
        print(json.dumps({"bench": "page", "metric": "first useful paint", "skipped": reason}))
    else:
        run(main(asked.devices, asked.rounds, asked.seconds))
