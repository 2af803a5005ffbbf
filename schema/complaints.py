"""Words for complaints about what somebody sent."""

from typing import Final

import msgspec

_MOST: Final = 80


def reason_and_place(error: msgspec.ValidationError) -> tuple[str, str]:
    """What is wrong, and where: `a.b[0]`, or nothing where it is the whole."""
    text = str(error)
    reason, _, place = text.rpartition(" - at `$")
    return (reason, place.strip("`.")) if reason else (text, "")


def quoted(text: str) -> str:
    """The text in quotes, escaped, in a few words however long it is and whatever it is made of."""
    shown = repr(text[:_MOST])
    return shown if len(shown) <= _MOST + len("''") else f"{shown[:_MOST]}...{shown[-1]}"
