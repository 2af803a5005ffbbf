"""kill -9 `up` while a gateway posts: what had a 2xx is there, what had none is sent again, and nothing counts twice."""

import asyncio
import os
import random
from pathlib import Path

import pytest

from glasshouse.simulator.ledger import Ledger
from tests.support.posting import Poster
from tests.support.up import judged, running_up, start_up

KILLS = int(os.environ.get("GLASSHOUSE_TEST_KILLS", "3"))


@pytest.mark.timeout(60 + 12 * KILLS)
async def test_up_killed_while_readings_are_posted_loses_none_that_had_a_2xx_and_counts_none_twice(tmp_path: Path) -> None:
    data, path, errors = tmp_path / "data", tmp_path / "ledger.jsonl", tmp_path / "errors.log"
    moments, ledger = random.Random(KILLS), Ledger(path)
    first = await start_up(data, errors=errors)
    poster = Poster(ledger, first.http, first.ready["admin_key"])
    posting = asyncio.create_task(poster.run(), name="poster")
    await asyncio.sleep(moments.uniform(0.1, 0.5))
    await first.kill()
    for _ in range(KILLS - 1):
        async with running_up(data, errors=errors) as up:
            poster.url = up.http
            await asyncio.sleep(moments.uniform(0.05, 0.5))
            await up.kill()
    async with running_up(data, errors=errors) as last:
        poster.url = last.http
        poster.stop()
        await posting
        await ledger.close()
        assert await last.stop() == 0
    report = await judged(path, data)
    assert poster.tries >= KILLS
    assert (report["lost"], report["double_counted"], report["invented"], report["missing"]) == (0, 0, 0, 0)
    assert (report["receipted"], report["stored"], report["diverged"]) == (report["sent"], report["sent"], [])
