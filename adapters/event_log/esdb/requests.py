"""What is asked of an EventStoreDB: reads of a stream or of everything, and appends."""

import re
from collections.abc import Iterable
from math import ceil
from struct import Struct
from typing import Any, Final

from esdbclient.protos.Grpc import shared_pb2, streams_pb2
from google.protobuf import duration_pb2, empty_pb2

from adapters.event_log.port import ANY, NO_STREAM
from schema.envelope import EVERYTHING, Filter, NewEvent, Position

_Options = streams_pb2.ReadReq.Options
_FilterOptions = _Options.FilterOptions
_halves: Final = Struct(">qq").unpack
_EMPTY: Final = shared_pb2.Empty()
_STRUCTURED: Final = _Options.UUIDOption(structured=_EMPTY)
_MOST: Final = (1 << 63) - 1
_WINDOW: Final = 500
"""Events that the server looks at between two checkpoints of a filtered subscription, at least."""
_JSON: Final = "application/json"


def read_everything(
    after: Position | None, *, only: Filter | None = EVERYTHING, backwards: bool = False, count: int | None = None
) -> streams_pb2.ReadReq:
    """Read `$all`: forwards from the event at `after` on, backwards from the end. `only` None: system events too."""
    options = _Options(
        all=_from(after, backwards=backwards),
        read_direction=_Options.Backwards if backwards else _Options.Forwards,
        count=_MOST if count is None else count,
        uuid_option=_STRUCTURED,
    )
    _restrict(options, only)
    return streams_pb2.ReadReq(options=options)


def subscribe_to_everything(after: Position | None, only: Filter) -> streams_pb2.ReadReq:
    """A catch-up subscription to `$all`, to what comes after `after`."""
    options = _Options(
        all=_from(after, backwards=False),
        read_direction=_Options.Forwards,
        subscription=_Options.SubscriptionOptions(),
        uuid_option=_STRUCTURED,
    )
    _restrict(options, only)
    return streams_pb2.ReadReq(options=options)


def read_stream(stream: str, start: int | None, *, backwards: bool, count: int | None) -> streams_pb2.ReadReq:
    """Read one stream from revision `start` on, None: from the end where the reading begins."""
    of = _Options.StreamOptions(stream_identifier=_named(stream))
    if start is not None:
        of.revision = start
    elif backwards:
        of.end.CopyFrom(_EMPTY)
    else:
        of.start.CopyFrom(_EMPTY)
    options = _Options(
        stream=of,
        read_direction=_Options.Backwards if backwards else _Options.Forwards,
        count=_MOST if count is None else count,
        no_filter=_EMPTY,
        uuid_option=_STRUCTURED,
    )
    return streams_pb2.ReadReq(options=options)


def append(number: int, stream: str, expected: int, events: Iterable[NewEvent], seconds: float) -> streams_pb2.BatchAppendReq:
    """One append of a long-lived call; its answer carries `number` as the correlation id."""
    options = streams_pb2.BatchAppendReq.Options(
        stream_identifier=_named(stream), deadline=duration_pb2.Duration(seconds=ceil(seconds)), **_expecting(expected)
    )
    return streams_pb2.BatchAppendReq(
        correlation_id=shared_pb2.UUID(structured=shared_pb2.UUID.Structured(least_significant_bits=number)),
        options=options,
        proposed_messages=[_proposed(event) for event in events],
        is_final=True,
    )


def _expecting(revision: int) -> dict[str, Any]:
    if revision == ANY:
        return {"any": empty_pb2.Empty()}
    return {"no_stream": empty_pb2.Empty()} if revision == NO_STREAM else {"stream_position": revision}


def _proposed(event: NewEvent) -> streams_pb2.BatchAppendReq.ProposedMessage:
    most, least = _halves(event.id)
    return streams_pb2.BatchAppendReq.ProposedMessage(
        id=shared_pb2.UUID(structured=shared_pb2.UUID.Structured(most_significant_bits=most, least_significant_bits=least)),
        metadata={"type": event.type, "content-type": _JSON},
        custom_metadata=event.metadata,
        data=event.data,
    )


def _named(stream: str) -> shared_pb2.StreamIdentifier:
    return shared_pb2.StreamIdentifier(stream_name=stream.encode())


def _from(after: Position | None, *, backwards: bool) -> streams_pb2.ReadReq.Options.AllOptions:
    if after is not None:
        return _Options.AllOptions(position=_Options.Position(commit_position=after, prepare_position=after))
    return _Options.AllOptions(end=_EMPTY) if backwards else _Options.AllOptions(start=_EMPTY)


def _restrict(options: streams_pb2.ReadReq.Options, only: Filter | None) -> None:
    """A server filters by stream or by type, not by both: what it lets through is looked at again."""
    if only is None:
        options.no_filter.CopyFrom(_EMPTY)
        return
    options.filter.CopyFrom(_FilterOptions(max=_WINDOW, checkpointIntervalMultiplier=1, **_expression(only)))


def _expression(only: Filter) -> dict[str, Any]:
    """System events have types and streams that begin with $, and are never asked for."""
    if only.types and not only.categories:
        return {"event_type": _FilterOptions.Expression(regex=f"^({_one_of(only.types)})$")}
    streams = f"^({_one_of(only.categories)})(-|$)" if only.categories else "^[^$]"
    return {"stream_identifier": _FilterOptions.Expression(regex=streams)}


def _one_of(names: frozenset[str]) -> str:
    return "|".join(re.escape(name) for name in sorted(names))
