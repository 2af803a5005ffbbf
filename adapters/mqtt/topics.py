"""Which topics may be published to: a broker closes the connection of a client that tries another."""

import re
from typing import Final

_BYTES_MOST: Final = 65535
_LEVELS_MOST: Final = 200
"""Mosquitto's own limit."""
_FORBIDDEN: Final = re.compile(r"[+#\x00-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")


def is_publishable(topic: str) -> bool:
    """No wildcard, no control character, nothing that is not Unicode text, and neither too long nor too deep."""
    if not topic or _FORBIDDEN.search(topic) or topic.count("/") >= _LEVELS_MOST:
        return False
    return len(topic.encode()) <= _BYTES_MOST
