"""The settings `notify` and `page_url`: where targets are, by their names, and what address people open."""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from adapters.notify.addresses import TargetAddress
from adapters.notify.apprise_target import can_read
from glasshouse.errors import SettingsError
from schema.ids import is_valid_id

_SCHEMES: Final = frozenset({"http", "https"})
_SHORTEST: Final = 16
_HOW: Final = 'phone = "ntfys://topic", or office = {webhook = "https://...", secret = "..."}'


def targets(given: Any) -> Mapping[str, TargetAddress]:
    """Of the table of the settings file, or the same as JSON; SettingsError says what is wrong, and repeats no address."""
    tables = _decoded(given) if isinstance(given, str) else given
    if not isinstance(tables, dict):
        raise SettingsError(f"notify is a table of targets, as in {_HOW}")
    return {_name(name): _target(name, value) for name, value in tables.items()}


def page_url(given: Any) -> str:
    """The address of the page; SettingsError for anything else."""
    if not isinstance(given, str) or not _is_web(given):
        raise SettingsError("page_url is the address at which people open the page, as in https://greenhouse.example/")
    return given


def _decoded(text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        raise SettingsError(f"notify is no JSON; in the settings file it is a table, as in {_HOW}") from None


def _name(name: str) -> str:
    if not is_valid_id(name):
        raise SettingsError(f"notify: names of targets are 1 to 64 letters, digits, '_', '.' or '-'; {name[:80]!r} is not")
    return name


def _target(name: str, value: Any) -> TargetAddress:
    if isinstance(value, str) and can_read(value):
        return TargetAddress(value)
    if not isinstance(value, dict) or set(value) != {"webhook", "secret"}:
        raise SettingsError(f"notify.{name} is an address that Apprise knows, or a webhook and its secret, as in {_HOW}")
    url, secret = value["webhook"], value["secret"]
    if not isinstance(url, str) or not _is_web(url):
        raise SettingsError(f"notify.{name}.webhook must be an https or http address")
    if not isinstance(secret, str) or len(secret) < _SHORTEST:
        raise SettingsError(f"notify.{name}.secret must be a text of at least {_SHORTEST} characters")
    return TargetAddress(url, secret)


def _is_web(text: str) -> bool:
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        return False
    return parts.scheme in _SCHEMES and bool(parts.hostname)
