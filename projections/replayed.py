"""A rule over the log as it came: what the evaluator that runs live would have told, had the rule been there.

Decisions are folded as they were made; of readings those count that were measured in the time that is asked about.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final

import msgspec
from msgspec.structs import replace

from adapters.event_log.iterating import closing
from adapters.event_log.port import EventLog, Page
from domain.alerting.hindsight import PastAlert
from domain.alerting.house import RuledHouse
from domain.alerting.state import Output, Subject
from domain.alerting.watch import Word
from domain.gates import AHEAD_TOLERANCE
from projections.backtested import Backtested, Progress, Spend, Tally, nobody_asks
from projections.opening import open_page, require_readable
from schema.envelope import Filter, RecordedEvent, decode_metadata
from schema.events import DeviceMetadata, DeviceRetired, ReadingCorrection, SensorReading, SiteDefined
from schema.rules import AlertRuleDefined
from schema.times import to_micros

_PAGE: Final = 5_000
MOST_ALERTS: Final = 100_000
_ONLY: Final = Filter(
    types=frozenset(one.__name__ for one in (SensorReading, DeviceMetadata, DeviceRetired, ReadingCorrection, SiteDefined))
)
_READING: Final = SensorReading.__name__
_CLOCKS_OF_OURS_US: Final = 60_000_000
"""How far the clock that receives may be from the one that records."""
_AHEAD_US: Final = AHEAD_TOLERANCE.seconds * 1_000_000 + _CLOCKS_OF_OURS_US
Sees = Callable[[str], bool]
"""Whether somebody sees a device."""


class TooManyAlertsError(Exception):
    """The rule says more than can be held to see what became of it: more than `most` alerts."""

    def __init__(self, most: int) -> None:
        super().__init__(f"the rule raises more than {most} alerts")
        self.most = most


class LogBacktest:
    """Back-tests over one log, of the devices that are seen."""

    def __init__(self, log: EventLog, sees: Sees) -> None:
        self._log = log
        self._sees = sees

    async def run(
        self,
        rule: AlertRuleDefined,
        start_us: int,
        end_us: int,
        *,
        most: int,
        spend: Spend,
        progress: Progress = nobody_asks,
    ) -> Backtested:
        """At most `most` alerts. TooManyAlertsError where there were far too many to tell."""
        replay, looked_at, head = _Replay(rule, start_us, end_us, self._sees), 0, await self._log.head()
        async with closing(self._log.read_all(None, until=head, only=_ONLY, page_size=_PAGE)) as pages:
            async for page in pages:
                spend(len(page.events))
                looked_at += await asyncio.to_thread(replay.take, page)
                if head and page.position:
                    progress(page.position / head, looked_at)
        return replay.end(Tally(most), looked_at)


class _Replay:
    """The house under one rule, and the alerts that it was told of, by what they are about and since when."""

    def __init__(self, rule: AlertRuleDefined, start_us: int, end_us: int, sees: Sees) -> None:
        self._house = RuledHouse()
        self._house.evaluator.define(replace(rule, enabled=True), 0)
        self._start_us = start_us
        self._end_us = end_us
        self._sees = sees
        self._alerts: dict[tuple[Subject, int], PastAlert] = {}
        self._again: set[tuple[Subject, int]] = set()

    def take(self, page: Page) -> int:
        """The next page of the log, and how many of its events are seen."""
        wanted = [event for event in page.events if self._is_wanted(event)]
        opened = open_page(replace(page, events=wanted), caught_up=False)
        require_readable(opened)
        for fed in opened.events:
            recorded, event = fed.recorded, fed.event
            if event is None:
                continue
            recorded_us, (site, received_us) = recorded.recorded_us, _origin_of(recorded)
            if isinstance(event, SensorReading) and not self._start_us <= to_micros(event.timestamp) < self._end_us:
                said = self._house.seen(event.device_id, site, recorded_us)
            else:
                said = self._house.take(recorded.id, event, site=site, recorded_us=recorded_us, received_us=received_us)
            self._note(said, recorded_us)
        return sum(map(self._is_seen, page.events))

    def end(self, tally: Tally, looked_at: int) -> Backtested:
        """Time goes on to the end of what was asked."""
        self._note(self._house.passed(self._end_us), self._end_us)
        for (subject, _), alert in self._alerts.items():
            if alert.raised_us < self._end_us:
                tally.add(subject, [self._in_time(alert)])
        return tally.told(looked_at=looked_at, series=self._house.evaluator.watching())

    def _is_wanted(self, recorded: RecordedEvent) -> bool:
        """What was recorded long before can have been measured only by a clock that is not believed."""
        if recorded.type == _READING and recorded.recorded_us < self._start_us - _AHEAD_US:
            return not self._house.knows(_name(recorded)) and self._is_seen(recorded)
        return self._is_seen(recorded)

    def _is_seen(self, recorded: RecordedEvent) -> bool:
        return recorded.category == "site" or self._sees(_name(recorded))

    def _note(self, outputs: Sequence[Output], now_us: int) -> None:
        for output in outputs:
            key = output.subject, output.said.alert.first_us
            self._alerts[key] = self._told(key, output, now_us)
        if len(self._alerts) > MOST_ALERTS:
            raise TooManyAlertsError(MOST_ALERTS)

    def _told(self, key: tuple[Subject, int], output: Output, now_us: int) -> PastAlert:
        """The alert as it is after these words."""
        word, episode = output.said.word, output.said.alert.episode
        if word is Word.RAISED:
            return PastAlert(episode.since_us, episode.raised_us, episode.ended_us, episode.cleared_us, output.value)
        alert = self._alerts[key]
        match word:
            case Word.REFUTED:
                return replace(alert, refuted=True)
            case Word.WITHDRAWN:
                return replace(alert, ended_us=now_us, cleared_us=now_us)
            case Word.AGAIN:
                self._again.add(key)
            case Word.REVISED if key not in self._again:
                alert = replace(alert, since_us=episode.since_us, raised_us=episode.raised_us)
        return replace(alert, ended_us=episode.ended_us, cleared_us=episode.cleared_us)

    def _in_time(self, alert: PastAlert) -> PastAlert:
        """What was so by the end: an alert that was over later was not over then."""
        is_over = alert.cleared_us is not None and alert.cleared_us <= self._end_us
        return alert if is_over else replace(alert, ended_us=None, cleared_us=None)


def _name(recorded: RecordedEvent) -> str:
    return recorded.stream.partition("-")[2]


def _origin_of(recorded: RecordedEvent) -> tuple[str | None, int | None]:
    """From where it came, and when."""
    try:
        metadata = decode_metadata(recorded.metadata)
    except msgspec.DecodeError:
        return None, None
    return metadata.site, to_micros(metadata.received_at)
