"""The setting `allowed_origins`: the origins of web pages that may ask besides our own, as a list, or with commas between."""

import re
from collections.abc import Sequence
from typing import Any

from glasshouse.errors import SettingsError

_is_place = re.compile(r"(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?").fullmatch
"""As browsers write it: names in ASCII (`xn--...`), addresses of IPv6 in brackets."""
_PORTS = {"http": "80", "https": "443"}


def origins(given: Any) -> Sequence[str]:
    """As browsers write them in `Origin`; SettingsError where one is none."""
    listed = [part.strip() for part in given.split(",") if part.strip()] if isinstance(given, str) else given
    if not isinstance(listed, list) or not all(isinstance(one, str) for one in listed):
        raise SettingsError('allowed_origins is a list of origins, as in ["https://panel.example"]')
    return tuple(_origin(one) for one in listed)


def _origin(text: str) -> str:
    scheme, _, place = text.lower().partition("://")
    if scheme not in _PORTS or not _is_place(place):
        raise SettingsError(f"allowed_origins: {text!r} is no origin; write scheme and host alone, as in https://panel.example")
    return f"{scheme}://{place.removesuffix(f':{_PORTS[scheme]}')}"
