"""Rebuilds of one process: one at a time."""

from typing import Any, cast

import pytest

from glasshouse.versions.rebuilds import Rebuilds
from glasshouse.versions.stage import Stage
from projections.latest import LatestState
from projections.rebuilds import Action, RebuildRefusedError

NOTHING = cast("Any", None)


@pytest.mark.parametrize(
    ("first", "told"),
    [(Action.REBUILD, "is being rebuilt"), (Action.VERIFY, "is being verified"), (Action.ROLLBACK, "is being rolled back")],
)
@pytest.mark.parametrize("second", list(Action))
async def test_who_comes_second_is_told_what_the_first_one_does(first: Action, told: str, second: Action) -> None:
    stage = Stage(NOTHING, NOTHING, NOTHING, {"history": NOTHING, "latest": NOTHING})
    rebuilds = Rebuilds(stage, NOTHING, LatestState())
    rebuilds.begin("history", first, accept=False, anew=False, actor="a test")
    with pytest.raises(RebuildRefusedError, match=f"^history {told}; one at a time, so wait for it$"):
        rebuilds.begin("latest", second, accept=False, anew=False, actor="a test")
