"""Reading a mapping file, with errors that name the key, and the line where it can be told."""

import re
import tomllib
from pathlib import Path
from typing import Final

import msgspec

from glasshouse.errors import ExitCode, GlasshouseError
from glasshouse.importer.check import problems
from glasshouse.importer.mapping import Mapping
from schema.complaints import reason_and_place

_UNKNOWN: Final = re.compile(r"Object contains unknown field `(.*?)`")


class MappingError(GlasshouseError):
    """The mapping file cannot be used, or does not fit the files that it is for."""

    exit_code = ExitCode.USAGE


def load_mapping(path: Path) -> Mapping:
    """The mapping of a file; MappingError in plain words."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise MappingError(f"the mapping file {path} cannot be read: {error}") from error
    return parse_mapping(text, path.name)


def parse_mapping(text: str, name: str) -> Mapping:
    """The mapping that the text of a file of that name writes."""
    try:
        mapping = msgspec.convert(tomllib.loads(text), Mapping)
    except tomllib.TOMLDecodeError as error:
        raise MappingError(f"{name} is not TOML: {error}") from error
    except msgspec.ValidationError as error:
        raise MappingError(f"{name}{_plain(error, text)}") from error
    for problem in problems(mapping):
        raise MappingError(f"{name}: {problem}")
    return mapping


def _plain(error: msgspec.ValidationError, text: str) -> str:
    said, where = reason_and_place(error)
    unknown = _UNKNOWN.search(said)
    if unknown:
        where, said = f"{where}.{unknown[1]}".lstrip("."), "this key is not known; see the reference of mapping files"
    return f"{_line(text, where)}: {where or 'the file'}: {said}"


def _line(text: str, where: str) -> str:
    """`, line 7` where the key that `where` ends in stands on one line of the file only."""
    key = where.rpartition(".")[2].partition("[")[0]
    found = [
        number for number, line in enumerate(text.splitlines(), 1) if key and re.search(rf"\b{re.escape(key)}\b\s*=", line)
    ]
    return f", line {found[0]}" if len(found) == 1 else ""
