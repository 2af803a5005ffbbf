"""A day on its way into the archive: the rows that the store has of it and those of older files, each once, by site."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final, Self, TypeVar

import msgspec
import pyarrow as pa

from adapters.history.archive.engine import Engine, plain_errors
from adapters.history.archive.table import FILED, KEY, NOTE, READ, Note, digest_of, names
from adapters.history.duckdb_columns import raw_days_of
from adapters.history.duckdb_table import COLUMNS
from domain.day_digests import DayDigests
from domain.digest import Digest

T = TypeVar("T")
_TABLES: Final = """
CREATE TEMP TABLE staged (
    device VARCHAR, sensor VARCHAR, metric VARCHAR, timestamp_us BIGINT, value DOUBLE, unit VARCHAR, quality VARCHAR,
    event_id UUID, recorded_us BIGINT, revision BIGINT, position BIGINT, of_store BOOLEAN
);
CREATE TEMP TABLE placed (device VARCHAR, site VARCHAR);
"""
_OF_SITE: Final = f"""
SELECT DISTINCT ON ({KEY}) {COLUMNS} FROM staged
SEMI JOIN (SELECT * FROM placed WHERE site IS NOT DISTINCT FROM $site) USING (device)
ORDER BY {KEY}, position
"""  # noqa: S608  # ours
"""Of an event that is there twice, what was recorded first, as the store shows it too."""
_ROW_GROUP: Final = 100_000


class Staging:
    """A desk of its own in the engine. Use it as a context; its methods block, and one thread at a time may call them."""

    def __init__(self, engine: Engine, root: Path) -> None:
        self._root = root
        self._engine = engine
        self._cursor = engine.cursor()

    def __enter__(self) -> Self:
        with plain_errors(self._root):
            self._cursor.execute(_TABLES)
        return self

    def __exit__(self, *_: object) -> None:
        self._cursor.close()

    async def at_work(self, work: Callable[[], T]) -> T:
        """What comes of `work` with this desk, in a thread; nobody is at it any more once that is cancelled."""
        return await self._engine.at_work(self._cursor, work)

    def take(self, batch: pa.RecordBatch) -> None:
        """Rows of the store."""
        with plain_errors(self._root):
            self._cursor.register("batch", pa.Table.from_batches([batch]))
            self._cursor.execute(f"INSERT INTO staged SELECT {COLUMNS}, TRUE FROM batch")  # noqa: S608  # ours

    def take_files(self, files: Sequence[Path]) -> None:
        """Rows that the archive has already."""
        if files:
            with plain_errors(self._root, files):
                self._cursor.execute(f"INSERT INTO staged SELECT *, FALSE FROM ({READ})", names(files))  # noqa: S608  # ours

    def devices(self) -> list[str]:
        """Whose rows are there."""
        with plain_errors(self._root):
            return [device for (device,) in self._cursor.execute("SELECT DISTINCT device FROM staged ORDER BY 1").fetchall()]

    def place(self, sites: Mapping[str, str | None]) -> None:
        """Say of each device under which site it is filed."""
        table = pa.table({"device": pa.array(list(sites), pa.string()), "site": pa.array(list(sites.values()), pa.string())})
        with plain_errors(self._root):
            self._cursor.register("told", table)
            self._cursor.execute("DELETE FROM placed; INSERT INTO placed SELECT device, site FROM told")

    def raw(self, *, of_store: bool) -> DayDigests:
        """The digests that a store gives of its raw rows: of the store's rows alone, or of all."""
        where = "WHERE of_store" if of_store else ""
        with plain_errors(self._root):
            return raw_days_of(self._cursor, f"(SELECT {COLUMNS} FROM staged {where})")  # noqa: S608  # ours

    def of_site(self, site: str | None) -> Digest:
        """The digest of what a file of that site should hold."""
        with plain_errors(self._root):
            return digest_of(self._cursor, _OF_SITE, {"site": site})

    def write(self, path: Path, note: Note) -> None:
        """A file of that site, sorted so that a series of a day lies together."""
        said = msgspec.json.encode(note).decode().replace("'", "''")
        with plain_errors(self._root):
            self._cursor.execute(
                f"COPY (SELECT {FILED} FROM ({_OF_SITE}) ORDER BY {KEY}) TO '{_quoted(path)}' "  # noqa: S608  # ours
                f"(FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {_ROW_GROUP}, KV_METADATA {{{NOTE.decode()}: '{said}'}})",
                {"site": note.site},
            )

    def read_back(self, path: Path) -> Digest:
        """The digest of a file, read from the disk."""
        with plain_errors(self._root, [path]):
            return digest_of(self._cursor, READ, names([path]))


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")


SiteOf = Callable[[str], str | None]
