"""Where the archive keeps what: hive-style folders by site and day, files named by what is in them.

`site=north/day=2022-06-01/part-<digest>.parquet`. A file under its final name is whole and was read back; what is being
written has a name that readers of such folders pass over.
"""

import re
from datetime import datetime
from pathlib import Path
from typing import Final

from domain.digest import Digest
from schema.times import DAY_US, EPOCH, from_micros, to_micros

NO_SITE: Final = "__HIVE_DEFAULT_PARTITION__"
"""By which readers of such folders know that there is no value: `site IS NULL`."""
MANIFEST: Final = "_manifest.jsonl"
LOCK: Final = ".lock"
WORK: Final = ".work"
DRAFT: Final = ".draft"
_NAMED: Final = re.compile(r"part-[0-9a-f]{32}\.parquet")


def day_text(day_us: int) -> str:
    """The date of a day that starts there."""
    return from_micros(day_us).date().isoformat()


def day_start(text: str) -> int:
    """Where the day of that date starts; ValueError where it is no date."""
    return to_micros(datetime.fromisoformat(text).replace(tzinfo=EPOCH.tzinfo))


def day_of(moment_us: int) -> int:
    """Where the day starts that this moment lies in."""
    return moment_us // DAY_US * DAY_US


def folder_of(root: Path, site: str | None, day_us: int) -> Path:
    """The folder of a site's day."""
    return root / f"site={NO_SITE if site is None else site}" / f"day={day_text(day_us)}"


def is_as_named(file: Path, found: Digest) -> bool:
    """Whether a file holds what its name says; one that somebody named otherwise is taken as it is."""
    return _NAMED.fullmatch(file.name) is None or file.name == part_name(found)


def part_name(digest: Digest) -> str:
    """The name of the file that holds these rows."""
    return f"part-{digest.high:016x}{digest.low:016x}.parquet"
