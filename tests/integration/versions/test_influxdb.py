"""Versions of a history in a real InfluxDB: each in a bucket of its own."""

from pathlib import Path

import pytest

from adapters.history.influx.address import InfluxAddress
from adapters.history.influx.schemes import of_version
from adapters.history.influx.versions import drop_version, versions
from domain.versions import Outcome
from projections.rebuilds import Action
from tests.support import influx
from tests.support.versions import data_folder, done

pytestmark = pytest.mark.influxdb


async def test_a_rebuild_fills_another_bucket_and_drops_those_that_nothing_refers_to(tmp_path: Path) -> None:
    data = await data_folder(tmp_path / "data", 500)
    with influx.history_url() as url:
        first = await done(data, "history", history=url)
        assert (first.outcome, first.switched, first.candidate) == (Outcome.EQUAL, True, 2)
        assert versions(url) == [1, 2]
        assert (await done(data, "history", Action.VERIFY, history=url)).outcome is Outcome.EQUAL
        assert versions(url) == [1, 2]
        assert (await done(data, "history", Action.ROLLBACK, history=url)).candidate == 1
        third = await done(data, "history", history=url)
        assert (third.serving, third.candidate, third.events) == (1, 3, 501)
        assert versions(url) == [1, 3]
        assert {part.name: part.serving for part in third.parts} == {part.name: part.candidate for part in first.parts}
        drop_version(of_version(url, 3))


def test_the_first_version_keeps_its_name_and_others_end_with_their_number() -> None:
    url = "influxdb://token@host/farm?bucket=a"
    assert InfluxAddress(url).bucket == InfluxAddress(of_version(url, 1)).bucket
    assert InfluxAddress(of_version(url, 2)).bucket == f"{InfluxAddress(url).bucket}-v2"
    assert InfluxAddress(of_version("influxdb://token@host/farm", 3)).bucket == "glasshouse-history-1-v3"
