"""The checks that need to know the device: that it speaks from one site, and how many odd metrics it has named."""

from collections.abc import Mapping, Sequence

from adapters.event_log.port import EventLog
from ingest.facts import Code
from ingest.items import Item
from ingest.limits import IngestLimits
from ingest.memories import Memories, all_of
from ingest.metrics import IngestMetrics
from ingest.recall import recall_subject, registered_site
from ingest.stream_memory import StreamMemory, Subject

Groups = Mapping[str, Sequence[Item]]


class Screen:
    """Turns the items that fail these checks into dead letters."""

    def __init__(self, log: EventLog, memories: Memories, limits: IngestLimits, metrics: IngestMetrics) -> None:
        self._log = log
        self._memories = memories
        self._limits = limits
        self._metrics = metrics

    async def check(self, groups: Groups) -> bool:
        """Whether an item became a dead letter, and so belongs to another stream."""
        odd = self._odd_items(groups)
        if not odd:
            return False
        sites = await self._registered_sites(odd)
        await self._recall_subjects(odd)
        for memory, item in odd:
            self._check_site(memory, item, sites.get(item.stream))
            self._check_metrics(memory, item)
        return any(item.code is not None for _, item in odd)

    def _odd_items(self, groups: Groups) -> list[tuple[StreamMemory, Item]]:
        """The items of each stream in which one may fail, all of them: what one may do changes with those before it."""
        odd: list[tuple[StreamMemory, Item]] = []
        for stream, items in groups.items():
            memory = self._memories[stream]
            if any(_is_odd(memory, item) for item in items):
                odd += [(memory, item) for item in items]
        return odd

    def _check_site(self, memory: StreamMemory, item: Item, registered: str | None) -> None:
        if item.site == memory.site:
            return
        if item.site == registered or (registered is None and memory.site is None):
            memory.site = item.site
        else:
            reason = f"the device belongs to site {registered or memory.site}, and this came from {item.site}"
            item.become_dead_letter(Code.WRONG_SITE, reason, self._limits)

    def _check_metrics(self, memory: StreamMemory, item: Item) -> None:
        new = set() if item.fact is None else set(item.fact.unknown) - memory.metrics
        if not new:
            return
        if len(memory.metrics) + len(new) > self._limits.unknown_metrics:
            reason = f"over {self._limits.unknown_metrics} metrics of this device would not be known: {', '.join(sorted(new))}"
            item.become_dead_letter(Code.TOO_MANY_METRICS, reason, self._limits)
        else:
            memory.metrics |= new
            self._metrics.unknown_metrics.inc(len(new))

    async def _registered_sites(self, odd: Sequence[tuple[StreamMemory, Item]]) -> dict[str, str | None]:
        """Where people registered the devices that speak from a site that is new for them."""
        devices = {item.stream: item.device for memory, item in odd if item.device and item.site != memory.site}
        sites = await all_of([registered_site(self._log, device) for device in devices.values()])
        return dict(zip(devices, sites, strict=True))

    async def _recall_subjects(self, odd: Sequence[tuple[StreamMemory, Item]]) -> None:
        """What was last said of things whose last event is no longer in the stream's tail."""
        faded: dict[tuple[str, str | None], Subject] = {}
        for memory, item in odd:
            subject = memory.subjects.get(item.subject or "")
            if subject is not None and subject.digest is None:
                faded[item.stream, item.subject] = subject
        await all_of([recall_subject(self._log, stream, subject) for (stream, _), subject in faded.items()])


def _is_odd(memory: StreamMemory, item: Item) -> bool:
    fact = item.fact
    return item.site != memory.site or (fact is not None and (fact.id is None or bool(fact.unknown)))
