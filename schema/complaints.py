"""What a typed decoder complains of, taken apart."""

import msgspec


def reason_and_place(error: msgspec.ValidationError) -> tuple[str, str]:
    """What is wrong, and where: `a.b[0]`, or nothing where it is the whole."""
    text = str(error)
    reason, _, place = text.rpartition(" - at `$")
    return (reason, place.strip("`.")) if reason else (text, "")
