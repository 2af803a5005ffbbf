"""The report of an import as text for people and as JSON for scripts."""

from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from glasshouse.importer.report import FileReport, ImportReport

_HEADS: Final = ("file", "rows", "readings", "states", "stored", "duplicates", "dead letters", "missing", "out of range")
_TOLD: Final = 20


def as_json(report: ImportReport) -> str:
    """One line of JSON: the files, their total, the dead letters and their reasons."""
    raw = {**msgspec.to_builtins(report), "total": msgspec.to_builtins(report.total), "addsUp": report.adds_up}
    return msgspec.json.encode(raw).decode()


def as_text(report: ImportReport) -> str:
    """A table of the files, then the dead letters, each with its place and reason as far as they are told."""
    total = report.total
    rows = [_HEADS, *map(_cells, report.files), _cells(total)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(_aligned(row, widths)).rstrip() for row in rows]
    every = total.readings.read + total.states.read
    rate = f", {every / report.seconds:,.0f} messages/s" if report.seconds > 0 else ""
    lines += ["", f"{total.readings.read:,} readings and {total.states.read:,} states in {report.seconds:.1f} s{rate}."]
    return "\n".join([*lines, *_notes(report)])


def _cells(file: FileReport) -> tuple[str, ...]:
    reading, state = file.readings, file.states
    numbers = (
        file.rows,
        reading.read,
        state.read,
        reading.stored + state.stored,
        reading.duplicates + state.duplicates,
        reading.dead_letters + state.dead_letters,
        file.missing,
        file.out_of_range,
    )
    return file.file, *(f"{number:,}" for number in numbers)


def _aligned(row: Sequence[str], widths: Sequence[int]) -> Iterator[str]:
    yield row[0].ljust(widths[0])
    yield from (cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))


def _notes(report: ImportReport) -> Iterator[str]:
    if report.not_mapped:
        yield f"The mapping has no entry for: {', '.join(report.not_mapped)}."
    if report.reasons:
        yield "Dead letters:"
        yield from (f"  {count:,} x {reason}" for reason, count in report.reasons.most_common(_TOLD))
        yield "The first of them:"
        yield from (f"  {dead.file}:{dead.line} {dead.about}: {dead.reason}" for dead in report.dead_letters[:_TOLD])
