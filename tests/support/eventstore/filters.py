"""The filter of a read of `$all`: by stream name or event type, by regular expression or prefixes."""

import re
from collections.abc import Callable
from operator import attrgetter

from esdbclient.protos.Grpc import streams_pb2

from tests.support.eventstore.records import Record
from tests.support.eventstore.refusals import invalid

Matches = Callable[[Record], bool]

FilterOptions = streams_pb2.ReadReq.Options.FilterOptions


def matcher(options: FilterOptions) -> Matches:
    """Patterns are searched, not anchored, as the server does it. Each name is judged once."""
    which = options.WhichOneof("filter")
    if which is None:
        invalid("'None' is not a valid filter")
    judge = _judge(options.stream_identifier if which == "stream_identifier" else options.event_type)
    name = attrgetter("stream" if which == "stream_identifier" else "type")
    verdicts: dict[str, bool] = {}

    def matches(record: Record) -> bool:
        text = name(record)
        verdict = verdicts.get(text)
        if verdict is None:
            verdict = verdicts[text] = judge(text)
        return verdict

    return matches


def _judge(expression: FilterOptions.Expression) -> Callable[[str], bool]:
    if not expression.regex:
        prefixes = tuple(expression.prefix)
        return lambda text: text.startswith(prefixes)
    try:
        pattern = re.compile(expression.regex)
    except re.error as error:
        invalid(f"'{expression.regex}' is not a regular expression: {error}")
    return lambda text: pattern.search(text) is not None
