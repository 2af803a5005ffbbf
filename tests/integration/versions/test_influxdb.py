"""Versions of a history in a real InfluxDB: each in a bucket of its own."""

import asyncio
from pathlib import Path

import pytest

from adapters.history.influx.address import InfluxAddress
from adapters.history.influx.connection import InfluxConnection, Timeouts
from adapters.history.influx.schemes import of_version
from adapters.history.influx.versions import drop_version, versions
from domain.versions import Outcome
from glasshouse.versions.shelf import SCRATCH
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


async def test_to_verify_fills_a_version_of_its_own_each_time_and_leaves_nothing_behind(tmp_path: Path) -> None:
    data = await data_folder(tmp_path / "data", 500)
    with influx.history_url() as url:
        await done(data, "history", history=url)
        for _ in range(2):
            report = await done(data, "history", Action.VERIFY, history=url)
            assert (report.outcome, report.candidate, report.events) == (Outcome.EQUAL, SCRATCH, 501)
            assert not await asyncio.to_thread(is_there, of_version(url, SCRATCH))
        drop_version(of_version(url, 2))


def is_there(url: str) -> bool:
    """Whether there is a bucket of that version."""
    connection = InfluxConnection(address := InfluxAddress(url), Timeouts())
    try:
        return address.bucket in connection.buckets()
    finally:
        connection.close()


def test_the_first_version_keeps_its_name_and_others_end_with_their_number() -> None:
    url = "influxdb://token@host/farm?bucket=a"
    assert InfluxAddress(url).bucket == InfluxAddress(of_version(url, 1)).bucket
    assert InfluxAddress(of_version(url, 2)).bucket == f"{InfluxAddress(url).bucket}-v2"
    assert InfluxAddress(of_version("influxdb://token@host/farm", 3)).bucket == "glasshouse-history-1-v3"
