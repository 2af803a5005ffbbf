"""Who gets in at the embedded broker, where the settings say that keys do: those that deliver and still open something."""

import asyncio
from typing import Final

import structlog
from prometheus_client import CollectorRegistry

from adapters.event_log.port import EventLog
from adapters.mqtt.broker import EmbeddedBroker
from adapters.mqtt.logins import Login
from api.mqtt_logins import logins_of
from api.services import utc_now
from glasshouse.errors import SettingsError
from glasshouse.reading import open_accounts, projecting
from glasshouse.settings import Settings
from glasshouse.versions.standing import Standing
from projections.account_queries import AccountQueries
from projections.accounts import Accounts
from projections.feed import Feed
from projections.metrics import ProjectionMetrics

_LOOK_SECONDS: Final = 1.0
"""Keys also end by themselves, and tell nobody."""


def require_no_keys(settings: Settings) -> None:
    """SettingsError where a broker of the user's own is asked to know our keys: it reads files."""
    if settings.mqtt_keys:
        raise SettingsError(
            "mqtt_keys is for the embedded broker; yours is told of keys by the files that `glasshouse keys mosquitto` writes"
        )


async def logins_at_rest(log: EventLog, standing: Standing) -> list[Login]:
    """Those that the log knows now: devices that come as soon as the broker listens shall find no closed door."""
    path = standing.shelf.snapshot(Accounts.name, standing.serving(Accounts.name).number)
    feed, metrics = Feed(log, only=Accounts.only), ProjectionMetrics(CollectorRegistry())
    reading = open_accounts(log, feed, metrics, path=path)
    async with projecting(reading):
        await reading.caught_up(log)
        return logins_of(reading.accounts.keys(), utc_now())


async def follow_keys(broker: EmbeddedBroker, accounts: AccountQueries) -> None:
    """Let in who has a key, and cut off who has it no longer, for as long as this runs. The accounts must be caught up."""
    known: list[Login] | None = None
    while True:
        logins = logins_of(accounts.keys(), utc_now())
        if logins != known:
            try:
                await broker.let_in(logins)
                known = logins
            except OSError as error:
                structlog.get_logger().error("broker_logins_not_written", reason=str(error))
        await asyncio.sleep(_LOOK_SECONDS)
