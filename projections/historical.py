"""The read models of one history: its raw rows, and the windows that are made of them."""

from collections.abc import Awaitable, Callable

from adapters.history.port import History
from projections.batching import BatchPolicy
from projections.decision_queries import DecisionQueries
from projections.engine import Derived
from projections.history import RawHistory, whenever_it_likes
from projections.incoming import Incoming, Pace
from projections.rules import WindowRules
from projections.windows import Decided, HistoryWindows


def history_models(
    history: History,
    decisions: DecisionQueries,
    decided: Decided,
    *,
    rules: WindowRules | None = None,
    policy: BatchPolicy | None = None,
    pace: Pace | None = None,
    may_write: Callable[[], Awaitable[None]] = whenever_it_likes,
) -> tuple[RawHistory, Derived]:
    """The raw history, and the windows that follow it."""
    incoming = Incoming(pace)
    raw = RawHistory(history, policy, incoming=incoming, may_write=may_write)
    windows = HistoryWindows(history, incoming, decisions, decided, rules or WindowRules(), may_write=may_write)
    return raw, Derived(windows, incoming, incoming.hurry)
