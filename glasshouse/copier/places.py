"""What FROM and TO name: the URL of a log, or a data folder, whose own log is meant. Opens the two."""

from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path

import msgspec

from adapters.event_log.port import LogError
from glasshouse.copier.run import Named
from glasshouse.data_folder import is_data_folder, own
from glasshouse.settings import event_log_in, file_of
from glasshouse.stores import open_event_log_at

_SQLITE = "sqlite"


class Place(msgspec.Struct, frozen=True):
    """The URL of a log."""

    url: str

    @classmethod
    def parse(cls, text: str) -> "Place":
        """A URL as it is; anything else is a data folder."""
        return cls(text if "://" in text else event_log_in(Path(text)))

    @property
    def address(self) -> str:
        """The URL without user, password and options."""
        scheme, _, rest = self.url.partition("://")
        return f"{scheme}://{rest.rpartition('@')[2].partition('?')[0]}"

    @property
    def file(self) -> Path | None:
        """The file of a log that is one."""
        return file_of(self.url, _SQLITE, "event_log") if self.url.startswith(f"{_SQLITE}:") else None


@asynccontextmanager
async def open_both(source: Place, target: Place) -> AsyncIterator[tuple[Named, Named]]:
    """The source for reading, beside a house that may run on it; the target for nobody else, as far as that can be seen.

    DataInUseError where a house runs on the target's data folder.
    """
    if source.file is not None and not source.file.exists():
        raise LogError(f"there is no event log {source.file}; name the log to copy by its URL or its data folder")
    with ExitStack() as held:
        if target.file is not None:
            _hold(target.file.parent, target, held)
        original = await open_event_log_at(source.url, read_only=True)
        try:
            copy = await open_event_log_at(target.url)
            try:
                yield Named(source.address, original), Named(target.address, copy)
            finally:
                await copy.close()
        finally:
            await original.close()


def _hold(folder: Path, target: Place, held: ExitStack) -> None:
    """A data folder is owned while its log is written; a file that stands elsewhere has no owner to ask."""
    if is_data_folder(folder) or target.url == event_log_in(folder):
        held.enter_context(own(folder))
