"""Messages that no one can understand: what broken firmware, bad links and worse send.

Each carries its sequence, so that no two are the same message.
"""

from collections.abc import Callable, Mapping
from typing import Final

_NOW = '"timestamp": 1760000000000'


def _reading(sequence: int, reading: str, extra: str = _NOW) -> bytes:
    return f'{{"id": "bad-{sequence}", {extra}, "reading": {reading}}}'.encode()


def _sensor(sequence: int, name: str) -> bytes:
    return _reading(sequence, '{"temperature": 20}', f'{_NOW}, "sensorId": "{name}"')


def _time(sequence: int, time: str) -> bytes:
    return _reading(sequence, '{"temperature": 20}', f'"timestamp": {time}')


MALFORMED: Final[Mapping[str, Callable[[int], bytes]]] = {
    "not JSON": lambda n: f"temperature=20;n={n}".encode(),
    "cut off": lambda n: _reading(n, '{"temperature": 20}')[:-9],
    "not UTF-8": lambda n: _reading(n, '{"temp\xe9rature": 20}').decode().encode("latin-1"),
    "deep nesting": lambda n: _reading(n, "[" * 5_000 + "]" * 5_000),
    "Infinity": lambda n: _reading(n, '{"temperature": Infinity}'),
    "a number beyond all numbers": lambda n: _reading(n, '{"temperature": 1e400}'),
    "a boolean for a number": lambda n: _reading(n, '{"temperature": true}'),
    "a text for a number": lambda n: _reading(n, '{"temperature": "20"}'),
    "a key twice": lambda n: _reading(n, '{"temperature": 20, "temperature": 21}'),
    "a list for a reading": lambda n: _reading(n, "[20]"),
    "no reading": lambda n: f'{{"id": "bad-{n}", {_NOW}}}'.encode(),
    "a NUL in an id": lambda n: _sensor(n, "a\\u0000b"),
    "a right-to-left mark in an id": lambda n: _sensor(n, "a\\u202eb"),
    "topic signs in an id": lambda n: _sensor(n, "a/+#$"),
    "a unit that nobody knows": lambda n: _reading(n, '{"temperature": 20}', f'{_NOW}, "units": {{"temperature": "Re"}}'),
    "a unit of another metric": lambda n: _reading(n, '{"temperature": 20}', f'{_NOW}, "units": {{"temperature": "ppm"}}'),
    "a quality that nobody knows": lambda n: _reading(n, '{"temperature": 20}', f'{_NOW}, "quality": "splendid"'),
    "a time without an offset": lambda n: _time(n, '"2026-06-21T12:00:00"'),
    "a time that cannot be": lambda n: _time(n, '"2026-02-30T12:00:00Z"'),
}
"""What is wrong -> the payload, by sequence. All of them go to the `reading` topic."""
