"""Where settings come from: variables of the environment, and a TOML file."""

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from glasshouse.errors import SettingsError

PREFIX: Final = "GLASSHOUSE_"


def from_environment(names: Iterable[str], environment: Mapping[str, str]) -> dict[str, str]:
    """`GLASSHOUSE_X`, or what stands in the file that `GLASSHOUSE_X_FILE` names: so a secret need be in no environment."""
    found: dict[str, Any] = {}
    for name in names:
        variable = f"{PREFIX}{name.upper()}"
        value, path = environment.get(variable), environment.get(f"{variable}_FILE")
        if value and path:
            raise SettingsError(f"{variable} and {variable}_FILE are both set; leave one of them out")
        if value or path:
            found[name] = value or _content(f"{variable}_FILE", Path(path or ""))
    return found


def _content(variable: str, path: Path) -> str:
    try:
        text = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{variable} names {path}, which cannot be read: {error}") from error
    if not text:
        raise SettingsError(f"{variable} names {path}, which is empty")
    return text


def from_file(names: Sequence[str], file: Path | None) -> dict[str, Any]:
    """What `file` sets, or the `glasshouse.toml` that may lie here; SettingsError where that is anything but these."""
    path = file or Path("glasshouse.toml")
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        if file is None:
            return {}
        raise SettingsError(f"there is no settings file {path}") from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"{path} cannot be read: {error}") from error
    unknown = sorted(set(values) - set(names))
    if unknown:
        known = ", ".join(names)
        raise SettingsError(f"{path} sets {', '.join(unknown)}, which is not a setting; settings are {known}")
    return values
