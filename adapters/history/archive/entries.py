"""What the manifest of an archive says, an entry a line. The last word on a thing holds."""

from typing import TypeAlias

import msgspec

FORMAT = 1


class _Entry(msgspec.Struct, frozen=True, omit_defaults=True, tag_field="entry"):
    """A line."""


class Begun(_Entry, frozen=True, tag="begun"):
    """Whose readings these are: those of one event log, in this format of files and lines."""

    log_id: str
    format: int = FORMAT


class Placed(_Entry, frozen=True, tag="placed"):
    """Under which site these devices are filed, for good."""

    site: str | None
    devices: tuple[str, ...]


class Kept(_Entry, frozen=True, tag="kept"):
    """A file that is whole: it was read back, and held what it should. It takes the place of those that it `replaces`."""

    site: str | None
    day: str
    name: str
    rows: int
    digest: str
    replaces: tuple[str, ...] = ()


class Dropped(_Entry, frozen=True, tag="dropped"):
    """A store is letting go of its raw rows of that day, since the archive has them; every store where none is named."""

    day: str
    store: str | None = None


class Refilled(_Entry, frozen=True, tag="refilled"):
    """A store was emptied, and gets all rows again from the log: it has let go of none."""

    store: str


class Expired(_Entry, frozen=True, tag="expired"):
    """What the archive had of that site's day is past its own retention, and is deleted."""

    site: str | None
    day: str


class Floor(_Entry, frozen=True, tag="floor"):
    """Windows of that span that start before this moment are no longer kept."""

    span: str
    before_us: int


Entry: TypeAlias = Begun | Placed | Kept | Dropped | Refilled | Expired | Floor
