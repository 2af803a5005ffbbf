"""Opening a store that is not there yet."""

import pytest
from structlog.testing import capture_logs

from adapters.event_log.port import EventLog, LogUnavailableError
from adapters.history.influx.history import InfluxHistory
from adapters.history.port import HistoryUnavailableError
from glasshouse import stores
from glasshouse.settings import Settings
from tests.support.memory_log import MemoryLog


async def test_an_event_log_that_is_waited_for_is_told_of_once_for_each_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    log, reasons = MemoryLog(), ["refused", "refused", "not ready", "not ready"]

    async def opened(_url: str, *, read_only: bool) -> EventLog:
        del read_only
        if reasons:
            raise LogUnavailableError(reasons.pop(0))
        return log

    monkeypatch.setattr(stores, "open_event_log_at", opened)
    monkeypatch.setattr(stores, "_RETRY_SECONDS", 0.0)
    with capture_logs() as logs:
        assert await stores.open_event_log(Settings(wait=True)) is log
    assert [line["reason"] for line in logs] == ["refused", "not ready"]


async def test_a_history_on_a_server_that_is_away_is_waited_for_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    history, reasons = object(), ["refused", "refused"]

    async def opened(_url: str) -> object:
        if reasons:
            raise HistoryUnavailableError(reasons.pop(0))
        return history

    monkeypatch.setattr(InfluxHistory, "open", opened)
    monkeypatch.setattr(stores, "_RETRY_SECONDS", 0.0)
    with capture_logs() as logs:
        found = await stores.open_history(Settings(wait=True, history="influxdb://token@host/farm"))
    store: object = found.store
    assert store is history
    assert [line["reason"] for line in logs] == ["refused"]


async def test_a_history_that_is_away_and_not_waited_for_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    async def opened(_url: str) -> object:
        raise HistoryUnavailableError("refused")

    monkeypatch.setattr(InfluxHistory, "open", opened)
    with pytest.raises(HistoryUnavailableError):
        await stores.open_history(Settings(history="influxdb://token@host/farm"))
