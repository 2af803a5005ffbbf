"""For how many days what is kept where; None is for ever. Settings are made of it, so it loads nothing that is slow."""

from collections.abc import Mapping

import msgspec

from schema.times import DAY_US


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """Raw rows stay in the store for `raw` days and in the archive until they are `archive` days old; windows as a span says.

    Only whole days of UTC move. Nothing but raw rows is archived, so windows never go before the raw rows of their days have.
    """

    raw: int | None = None
    archive: int | None = None
    minute: int | None = None
    quarter: int | None = None
    hour: int | None = None
    day: int | None = None

    @property
    def active(self) -> bool:
        """Whether anything ever moves."""
        return self.raw is not None

    def windows(self) -> Mapping[str, int]:
        """For how many days the windows of each span stay, of those that do not stay for ever."""
        spans = {"minute": self.minute, "quarter": self.quarter, "hour": self.hour, "day": self.day, "site_day": self.day}
        return {span: days for span, days in spans.items() if days is not None}

    def wrong(self) -> str | None:
        """Why this cannot be kept to, in plain words."""
        if self.raw is None and (self.archive is not None or self.windows()):
            return "only what is archived is ever dropped, so a limit for windows or the archive needs keep_raw_days too"
        if self.raw is not None and self.archive is not None and self.archive < self.raw:
            return (
                f"keep_archive_days ({self.archive}) counts from the reading on, so it cannot be less than "
                f"keep_raw_days ({self.raw})"
            )
        return None


def before(days: int, now_us: int) -> int:
    """The days that end by this moment are at least so many days old."""
    return (now_us - days * DAY_US) // DAY_US * DAY_US
