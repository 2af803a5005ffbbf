"""What a history can do besides, so that old rows and windows can move out of it."""

from collections.abc import Callable, Sequence
from typing import Protocol

import pyarrow as pa

from adapters.history.port import History
from domain.digest import Digest
from domain.windows import Span


class TieredHistory(History, Protocol):
    """A store whose rows can be taken out of it day by day. Bounds are microseconds since the epoch, [start, end)."""

    async def days(self, before_us: int) -> Sequence[int]:
        """Where the UTC days start of which it has raw rows, of those days that end by `before_us`, in order."""
        ...

    async def visit(self, start_us: int, end_us: int, take: Callable[[pa.RecordBatch], None]) -> None:
        """Give all raw rows to `take`, batch by batch, in any order and as often as they stand there.

        Columns are the fields of `HistoryRow` under its names, ids as Arrow's UUIDs. `take` is called in a thread.
        """
        ...

    async def digest(self, start_us: int, end_us: int) -> Digest:
        """Of the raw rows, each once: a part of "raw" in `content_hashes`."""
        ...

    async def forget_rows(self, start_us: int, end_us: int) -> None:
        """Drop the raw rows."""
        ...

    async def forget_windows(self, span: Span, before_us: int) -> None:
        """Drop the windows of that span that start before."""
        ...
