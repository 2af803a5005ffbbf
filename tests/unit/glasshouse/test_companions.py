"""What runs beside the demo's house ends with it, and is missed where it breaks down."""

import asyncio
from pathlib import Path

import pytest

from adapters.mqtt.child import Child
from glasshouse.demo.companions import CompanionFailedError, companion, failed, first_of

FOR_EVER = "import time; time.sleep(1000)"


async def test_it_is_stopped_where_nobody_needs_it_any_more(tmp_path: Path) -> None:
    async with companion("it", ["-c", FOR_EVER], tmp_path / "log", {}) as child:
        assert child.exit_code is None
    assert child.exit_code is not None


async def test_one_that_breaks_down_ends_all_and_its_last_words_are_told(tmp_path: Path) -> None:
    started: list[Child] = []

    async def run() -> None:
        async with (
            companion("the greenhouse", ["-c", FOR_EVER], tmp_path / "one", {}) as greenhouse,
            companion("the automation", ["-c", "raise SystemExit('no key')"], tmp_path / "other", {}) as automation,
        ):
            started.append(greenhouse)
            await first_of(greenhouse=greenhouse.died(), automation=failed(automation))

    with pytest.raises(CompanionFailedError, match="the automation ended: no key"):
        await run()
    assert started[0].exit_code is not None


async def test_one_that_ends_in_order_ends_nobody_else(tmp_path: Path) -> None:
    async with companion("it", ["-c", "pass"], tmp_path / "log", {}) as child:
        await child.died()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(failed(child), 0.05)


async def test_its_secrets_are_in_its_environment(tmp_path: Path) -> None:
    program = "import os; print(os.environ['GLASSHOUSE_KEY'])"
    async with companion("it", ["-c", program], tmp_path / "log", {"GLASSHOUSE_KEY": "gh_1"}) as child:
        assert await child.died() == "gh_1"
