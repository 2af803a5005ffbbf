"""A file as chunks of messages: the part of an import that computes, made to run in a thread."""

from collections.abc import Generator
from itertools import islice
from typing import Final

import msgspec

from glasshouse.importer.files import open_csv
from glasshouse.importer.mapping import FileMapping
from glasshouse.importer.plan import Plan
from glasshouse.importer.row_times import RowTimes
from glasshouse.importer.rows import Item, RowReader

ROWS: Final = 500
"""Rows of a chunk."""


class Chunk(msgspec.Struct, frozen=True):
    """The messages of some rows, and how far into the file they reach."""

    items: list[Item]
    rows: int
    bytes_read: int


def read_chunks(plan: Plan, entry: FileMapping) -> Generator[Chunk, None, None]:
    """The chunks of a file, in its order."""
    reader = RowReader(plan, _times(plan, entry))
    with open_csv(plan.path, entry) as file:
        rows = file.rows()
        while block := list(islice(rows, ROWS)):
            items = [item for line, row, fault in block for item in reader.items(line, row, fault)]
            yield Chunk(items, len(block), file.bytes_read)


def _times(plan: Plan, entry: FileMapping) -> RowTimes:
    """The moments of rows. A counter tells the passes of a doubled hour only when all its rows were seen: a pass of its own."""
    times = RowTimes(plan)
    if times.must_learn:
        with open_csv(plan.path, entry) as file:
            times.learn((line, row) for line, row, fault in file.rows() if fault is None)
    return times
