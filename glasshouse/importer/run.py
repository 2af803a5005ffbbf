"""The import itself: files in, messages to a sink, a report out."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from time import monotonic

import msgspec

from glasshouse.importer.chunks import Chunk, read_chunks
from glasshouse.importer.files import open_csv
from glasshouse.importer.mapping import FileMapping, Mapping
from glasshouse.importer.plan import Plan, build_plan
from glasshouse.importer.report import FileReport, ImportReport
from glasshouse.importer.rows import Kind
from glasshouse.importer.selection import select_files
from glasshouse.importer.sink import Sink
from glasshouse.importer.window import Window


class Progress(msgspec.Struct, frozen=True):
    """How far an import is, in bytes of its files."""

    file: str
    bytes_read: int
    bytes_total: int


OnProgress = Callable[[Progress], None]


async def run_import(
    paths: Sequence[Path], mapping: Mapping, sink: Sink, *, progress: OnProgress = lambda _: None
) -> ImportReport:
    """Import files, and of folders the files that the mapping is for.

    MappingError where the mapping does not fit a file, before anything is sent. Importing the same again stores nothing new.
    """
    started = monotonic()
    prepared, not_mapped = await asyncio.to_thread(_prepare, paths, mapping)
    report = ImportReport(not_mapped=not_mapped)
    window = Window(sink, report)
    total, before = sum(job.size for job in prepared), 0
    try:
        for job in prepared:
            file = FileReport(job.plan.path.name, job.plan.device)
            report.files.append(file)
            await _import_file(job, file, window, _shifted(progress, file.file, before, total))
            before += job.size
        await window.drain()
    finally:
        window.abandon()
    report.seconds = monotonic() - started
    return report


class _Job(msgspec.Struct, frozen=True):
    """A file that is about to be imported."""

    plan: Plan
    entry: FileMapping
    size: int


def _prepare(paths: Sequence[Path], mapping: Mapping) -> tuple[list[_Job], list[str]]:
    """All that can be refused, refused at once: every file's header is read and held against the mapping."""
    selection = select_files(paths, mapping)
    jobs = []
    for path, entry in selection.files:
        with open_csv(path, entry) as file:
            jobs.append(_Job(build_plan(path, entry, mapping, file.header), entry, path.stat().st_size))
    return jobs, [path.name for path in selection.not_mapped]


async def _import_file(job: _Job, file: FileReport, window: Window, progress: Callable[[int], None]) -> None:
    topics = {kind: f"glasshouse/{job.plan.site}/{job.plan.device}/{kind}" for kind in Kind}
    with closing(read_chunks(job.plan, job.entry)) as chunks:
        while (chunk := await _to_its_end(lambda: next(chunks, None))) is not None:
            file.rows += chunk.rows
            await window.send(file, topics, chunk.items)
            progress(chunk.bytes_read)


async def _to_its_end(make: Callable[[], Chunk | None]) -> Chunk | None:
    """Run in a thread, which a cancelled import waits for: a file is not closed under its reader."""
    making = asyncio.ensure_future(asyncio.to_thread(make))
    try:
        return await asyncio.shield(making)
    except asyncio.CancelledError:
        await asyncio.wait([making])
        raise


def _shifted(progress: OnProgress, name: str, before: int, total: int) -> Callable[[int], None]:
    return lambda read: progress(Progress(name, before + read, total))
