"""The API's port to ingest, over the pipeline of this process."""

from asyncio import Future
from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime
from typing import Final

from api.errors import ApiError, ErrorCode, away_error
from api.ingestion import Batch, Fate, Letter, May, Receipt, Replayed
from domain.leases import ALL
from glasshouse.replaying import replay
from ingest.envelopes import SOURCE, TOPIC, Envelope, read_envelope, read_items
from ingest.facts import Flaw, UnreadableError
from ingest.messages import Inbound, Outcome, PipelineClosedError, PipelineFullError
from ingest.pipeline import Pipeline
from schema.ids import format_event_id

_SOON: Final = 1
"""Seconds after which there may be room again."""


class HttpIngest:
    """Takes in what devices of these sites say. `why_not` tells what keeps this process from taking in, if anything does."""

    def __init__(self, pipeline: Pipeline, log_id: str, sites: Collection[str], why_not: Callable[[], str | None]) -> None:
        self.log_id = log_id
        self._pipeline = pipeline
        self._sites = frozenset(sites)
        self._why_not = why_not

    def require_ready(self) -> None:
        self._require_open()
        if self._pipeline.is_pressed:
            raise _full()

    def items(self, body: bytes) -> Sequence[bytes]:
        return read_items(body)

    def submit(self, items: Sequence[bytes], may: May) -> Batch:
        self._require_open()
        now = datetime.now(UTC)
        try:
            return _Submitted([self._take(item, may, now) for item in items])
        except PipelineFullError:
            raise _full() from None
        except PipelineClosedError as error:
            raise away_error(str(error)) from None

    async def replay(self, letter: Letter, actor: str) -> Replayed:
        self._require_open()
        return await replay(self._pipeline, letter, actor)

    def _take(self, item: bytes, may: May, now: datetime) -> "Future[Outcome] | Receipt":
        try:
            envelope = read_envelope(item)
        except UnreadableError as error:
            return self._pipeline.bury(Inbound(SOURCE, TOPIC, item, now), Flaw(error.code, error.reason))
        if (refusal := self._refusal(envelope, may)) is not None:
            return Receipt(Fate.REFUSED, (), None, refusal)
        return self._pipeline.submit(Inbound(SOURCE, envelope.mqtt_topic, bytes(envelope.payload), now))

    def _refusal(self, envelope: Envelope, may: May) -> str | None:
        if not may(envelope.site, envelope.device):
            return f"this key is not good for the device {envelope.device!r} at the site {envelope.site!r}"
        if ALL in self._sites or envelope.site in self._sites:
            return None
        return f"the site {envelope.site!r} is owned by another process: post to the `ingest` that was started with it"

    def _require_open(self) -> None:
        if (why := self._why_not()) is not None:
            raise away_error(why)


class _Submitted:
    """Items on their way, each with its outcome to come, or with its refusal."""

    def __init__(self, taken: Sequence["Future[Outcome] | Receipt"]) -> None:
        self._taken = taken

    async def receipts(self) -> Sequence[Receipt]:
        try:
            return [one if isinstance(one, Receipt) else _receipt(await one) for one in self._taken]
        except PipelineClosedError as error:
            raise away_error(f"{error}; send the same again") from None
        finally:
            for one in self._taken:
                if not isinstance(one, Receipt):
                    one.cancel()


def _receipt(outcome: Outcome) -> Receipt:
    ids = [format_event_id(event_id) for event_id in outcome.event_ids]
    return Receipt(Fate(outcome.result), ids, outcome.position, outcome.reason)


def _full() -> ApiError:
    message = f"as much waits for the event log as may; send the same again in {_SOON} s"
    return ApiError(ErrorCode.LIMIT_EXCEEDED, message, retryAfter=_SOON)
