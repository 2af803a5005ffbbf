"""Opening a store that is not there yet."""

import pytest
from structlog.testing import capture_logs

from adapters.event_log.port import EventLog, LogUnavailableError
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
