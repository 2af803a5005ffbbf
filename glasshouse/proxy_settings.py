"""The settings `trusted_proxies` and `root_path`: who may speak for others, and where the outside sees us."""

import re
from collections.abc import Sequence
from ipaddress import ip_network
from typing import Any

from glasshouse.errors import SettingsError

_is_root = re.compile(r"(?:/[A-Za-z0-9._~-]+)*").fullmatch


def proxies(given: Any) -> Sequence[str]:
    """Addresses and networks, as a list, or with commas between; SettingsError where one is none."""
    listed = [part.strip() for part in given.split(",") if part.strip()] if isinstance(given, str) else given
    if not isinstance(listed, list) or not all(isinstance(one, str) for one in listed):
        raise SettingsError('trusted_proxies is a list of addresses and networks, as in ["127.0.0.1", "10.0.0.0/8"]')
    try:
        return [str(ip_network(one)) for one in listed]
    except ValueError as error:
        raise SettingsError(f"trusted_proxies: {error}; write addresses and networks, as in 127.0.0.1, 10.0.0.0/8") from error


def root_path(given: Any) -> str:
    """`/some/where` without a slash at the end; SettingsError for what is no such path."""
    if not isinstance(given, str) or not _is_root(path := given.rstrip("/")):
        raise SettingsError(f"root_path is a path from the root of the outer address, as in /glasshouse; not {given!r}")
    return path
