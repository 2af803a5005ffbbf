"""Builds the InfluxDB that the tests run against, once for a machine: `python -m tests.servers.build_influxd`.

It needs Go, Rust and a C compiler, and takes some eight minutes on two cores. What is kept is one binary outside the checkout,
named by its version; where it is there, nothing is done.
"""

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

VERSION: Final = "2.7.12"
_MODULE: Final = Path(__file__).parent / "influxd"
_COMMAND: Final = "github.com/influxdata/influxdb/v2/cmd/influxd"
_PKG_CONFIG: Final = "github.com/influxdata/pkg-config"
_TAGS: Final = "sqlite_foreign_keys,sqlite_json"
_LINK: Final = f"-s -w -X main.version=v{VERSION}"
_TOOLS: Final = {"go": "Go", "cargo": "Rust", "gcc": "a C compiler"}


def binary() -> Path:
    """Where the server is, once it is built."""
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "glasshouse-test-servers" / f"influxd-{VERSION}"


def main() -> int:
    """0 where the server is there; else what is missing is said on stderr."""
    target = binary()
    target.parent.mkdir(parents=True, exist_ok=True)
    with _alone(target.parent / "building.lock"):
        if target.exists() and subprocess.run([target, "version"], check=False, capture_output=True).returncode == 0:
            say(f"influxd {VERSION} is there: {target}")
            return 0
        missing = [what for tool, what in _TOOLS.items() if shutil.which(tool) is None]
        if missing:
            say(f"to build influxd {VERSION}, {', '.join(missing)} must be on the path")
            return 1
        say(f"building influxd {VERSION}, which takes some eight minutes on two cores, once")
        return _build(target)


def _build(target: Path) -> int:
    """Under another name first: a build that is broken off leaves nothing that looks whole."""
    with tempfile.TemporaryDirectory(prefix="influxd-", dir=target.parent) as folder:
        pkg_config, built = Path(folder) / "pkg-config", Path(folder) / "influxd"
        try:
            _run(["go", "build", "-o", str(pkg_config), _PKG_CONFIG], os.environ.copy())
            _run(["go", "build", "-tags", _TAGS, "-ldflags", _LINK, "-o", str(built), _COMMAND], _environment(pkg_config))
            _run([str(built), "version"], os.environ.copy())
        except subprocess.CalledProcessError as error:
            say(f"influxd {VERSION} was not built: `{' '.join(error.cmd)}` ended with exit code {error.returncode}, see above")
            return 1
        built.replace(target)
    say(f"influxd {VERSION} is built: {target}")
    return 0


def _environment(pkg_config: Path) -> dict[str, str]:
    """The part in Rust is built by the `pkg-config` of the same makers, which Go asks for it."""
    return os.environ | {
        "CGO_ENABLED": "1",
        "PKG_CONFIG": str(pkg_config),
        "RUSTUP_TOOLCHAIN": os.environ.get("RUSTUP_TOOLCHAIN", "stable"),
        "RUSTC_WRAPPER": str(_MODULE / "rustc"),
    }


def _run(command: list[str], environment: dict[str, str]) -> None:
    subprocess.run(command, cwd=_MODULE, env=environment, check=True)


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    """Who builds at the same time waits, and then finds it built."""
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)  # noqa: T201  # a command


if __name__ == "__main__":
    sys.exit(main())
