"""The report of a copy as text for people and as JSON for scripts."""

from collections.abc import Iterator
from typing import Final

import msgspec

from glasshouse.copier.report import CopyReport

_TOLD: Final = 20


def as_json(report: CopyReport) -> str:
    """One line of JSON."""
    return msgspec.json.encode({**msgspec.to_builtins(report), "verified": report.verified}).decode()


def as_text(report: CopyReport) -> str:
    return "\n".join([*_counts(report), *_differences(report), *_notes(report)])


def _counts(report: CopyReport) -> Iterator[str]:
    rate = f", {report.copied / report.seconds:,.0f} events/s" if report.seconds > 0 and report.copied else ""
    yield f"{report.source.address}  ->  {report.target.address}"
    yield (
        f"{report.events:,} events in {len(report.streams):,} streams: {report.already_there:,} were there already,"
        f" {report.copied:,} copied in {report.seconds:.1f} s{rate}."
    )


def _differences(report: CopyReport) -> Iterator[str]:
    if report.verified:
        yield f"Verified: count, order, ids and content are the same. Hash over the whole: {report.hash}"
        return
    more = "" if report.all_told else f" The first {len(report.differences)} are known, there may be more."
    yield f"The copy differs in {len(report.differences)} places.{more} Do not use it; copy into an empty log."
    yield from (f"  {one.stream} revision {one.revision}: {one.what}" for one in report.differences[:_TOLD])
    if len(report.differences) > _TOLD:
        yield "  ... all that are known: --json"


def _notes(report: CopyReport) -> Iterator[str]:
    if report.beyond:
        yield f"The target has gone on by itself: {report.beyond:,} events come after all that the source holds."
    if report.let_go:
        yield f"The copy keeps {report.let_go:,} events that the source has let go of since they were copied."
    if report.came_since:
        yield f"The source got {report.came_since:,} more events meanwhile: run it again, and they follow."
    if report.renumbered:
        yield f"{len(report.renumbered):,} streams were truncated in the source, and begin at revision 0 in the copy:"
        yield from (
            f"  {one.stream}: its last event has revision {one.revision}, and {one.source_revision} in the source"
            for one in report.renumbered[:_TOLD]
        )
    yield f"The copy is a log of its own (id {report.target.log_id}) with positions and recorded times of its own:"
    yield "cursors of the old log are refused, clients start anew, and read models are built anew."
