"""Which files an import reads, and by which entry of the mapping."""

from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path

import msgspec

from glasshouse.importer.load import MappingError
from glasshouse.importer.mapping import FileMapping, Mapping


class Selection(msgspec.Struct, frozen=True):
    """Files with their entries, and the CSV files of a folder that no entry is for."""

    files: list[tuple[Path, FileMapping]]
    not_mapped: list[Path]


def select_files(paths: Sequence[Path], mapping: Mapping) -> Selection:
    """The files named, and of the folders named those that the mapping has an entry for; MappingError in plain words."""
    files, not_mapped = [], []
    for path in paths:
        for file in sorted(path.iterdir()) if path.is_dir() else [path]:
            entry = _entry(file, mapping)
            if entry is not None:
                files.append((file, entry))
            elif not path.is_dir():
                raise MappingError(f"no entry of the mapping is for {path.name}; entries are for: {_names(mapping)}")
            elif file.suffix.lower() == ".csv":
                not_mapped.append(file)
    if not files:
        raise MappingError(f"nothing to import: the mapping is for {_names(mapping)}")
    return Selection(files, not_mapped)


def _entry(path: Path, mapping: Mapping) -> FileMapping | None:
    found = [entry for entry in mapping.files if fnmatchcase(path.name, entry.name)]
    if len(found) > 1:
        raise MappingError(f"{path.name} fits several entries of the mapping: {', '.join(entry.name for entry in found)}")
    return found[0] if found else None


def _names(mapping: Mapping) -> str:
    return ", ".join(entry.name for entry in mapping.files)
