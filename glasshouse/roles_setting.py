"""Settings that name roles: `all`, `none`, or the roles themselves, as a list, or with commas between."""

from collections.abc import Sequence
from typing import Any, Final, Literal, get_args

from glasshouse.errors import SettingsError

RoleWord = Literal["viewer", "operator", "ingest", "admin"]
ROLE_WORDS: Final[tuple[RoleWord, ...]] = get_args(RoleWord)


def roles(setting: str, given: Any) -> Sequence[str]:
    """The words of the roles; SettingsError where one is none."""
    if given in {"all", "none"} if isinstance(given, str) else False:
        return ROLE_WORDS if given == "all" else ()
    listed = [part.strip() for part in given.split(",")] if isinstance(given, str) else given
    if not isinstance(listed, list) or not listed or not all(one in ROLE_WORDS for one in listed):
        raise SettingsError(f"{setting} is all, none, or some of {', '.join(ROLE_WORDS)}; not {given!r}")
    return listed
