"""Back-tests as a user runs them: what the how-to shows, whether the house runs or rests."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.documents import ROOT, blocks
from tests.support.up import glasshouse, running_up

PAGE = ROOT / "docs" / "how-to" / "alerts.md"
LINES = [line for text in blocks(PAGE, "sh") for line in text.splitlines()]
SHOWN = {f"{json.loads(text)['ruleId']}.json": text for text in blocks(PAGE, "json")}
RULE = {"ruleId": "cold", "name": "Cold", "threshold": {"metric": "temperature", "below": 100}}
COLD = json.dumps({**RULE, "evaluateBackfill": True})
SPAN = ("--from", "2021-01-01", "--to", "2022-01-01T01:00:00+01:00")


@pytest.fixture
async def data(tmp_path: Path) -> str:
    folder, example = str(tmp_path / "data"), ROOT / "docs" / "examples"
    code, _, err = await glasshouse(
        "import", str(example / "logger.csv"), "--mapping", str(example / "logger.toml"), "--data", folder, "--json"
    )
    assert code == 0, err
    (tmp_path / "cold.json").write_text(COLD)
    for name, text in SHOWN.items():
        (tmp_path / name).write_text(text)
    return folder


def told(text: str) -> Any:
    return {name: value for name, value in json.loads(text).items() if name != "seconds"}


async def run(*arguments: str) -> str:
    code, out, err = await glasshouse(*arguments)
    assert code == 0, err
    return out


async def test_what_the_how_to_shows_runs(data: str, tmp_path: Path) -> None:
    for line in LINES:
        name, *words = line.replace("docs/", f"{ROOT}/docs/").split()
        words = [str(tmp_path / word) if word in SHOWN else word for word in words]
        assert name == "glasshouse"
        assert "0" in await run(*words, "--data", data)


async def test_as_known_tells_of_history_what_people_would_have_been_told(data: str, tmp_path: Path) -> None:
    (tmp_path / "deaf.json").write_text(json.dumps(RULE))
    said = await run("backtest", str(tmp_path / "deaf.json"), *SPAN, "--basis", "as-known", "--data", data)
    assert said.startswith("0 alerts")
    assert "evaluateBackfill" in said


async def test_a_running_house_answers_as_a_resting_one_does(data: str, tmp_path: Path) -> None:
    rule = str(tmp_path / "cold.json")
    resting = [
        await run("backtest", rule, *SPAN, "--basis", basis, "--data", data, "--json") for basis in ("as-corrected", "as-known")
    ]
    assert [told(each)["total"] for each in resting] == [1, 1]
    async with running_up(tmp_path / "data", errors=tmp_path / "errors.log") as up:
        key = ("--data", data, "--key", up.ready["admin_key"])
        for basis, before in zip(("as-corrected", "as-known"), resting, strict=True):
            assert told(await run("backtest", rule, *SPAN, "--basis", basis, *key, "--json")) == told(before)
        told_in_words = await run("backtest", rule, *SPAN, *key)
        assert "TemperatureAlert" in told_in_words
        assert "1 alert of 1 device. " in told_in_words
        code, _, err = await glasshouse("backtest", rule, *SPAN, "--data", data)
        assert (code, "give one with --key, or in GLASSHOUSE_KEY" in err) == (8, True)
        assert await up.stop() == 0


WRONG = [
    (None, SPAN, 2, "cannot be read"),
    ("[1]", SPAN, 2, "must be a JSON object"),
    ('{"ruleId": "a", "name": "a"}', SPAN, 8, "exactly one of"),
    ('{"name": "a"}', SPAN, 8, "`ruleId` is missing; write it: Its id"),
    ('{"ruleId": "a", "name": "a", "treshold": {}}', SPAN, 8, "`treshold` is not known; there are `ruleId`"),
    (COLD.replace("100", '"cold"'), SPAN, 8, '`threshold.below` cannot be "cold"; write a number'),
    (COLD, ("--from", "noon"), 2, "--from: 'noon' is no moment; write a date, such as 2026-11-29"),
    (COLD, ("--from", "2026-11-29T10:00"), 2, "or a moment, such as"),
]


async def test_what_cannot_be_done_is_told_in_a_sentence(data: str, tmp_path: Path) -> None:
    for number, (rule, times, code, complaint) in enumerate(WRONG):
        path = tmp_path / f"{number}.json"
        if rule is not None:
            path.write_text(rule)
        found, _, err = await glasshouse("backtest", str(path), *times, "--data", data)
        assert (found, complaint in err) == (code, True), err
        assert err.count("\n") == 1


async def test_of_what_nobody_did_there_is_no_trace(data: str) -> None:
    code, out, err = await glasshouse("trace", "nothing", "--data", data)
    assert (code, out) == (8, "")
    assert "nothing bears the correlation id 'nothing'" in err
