"""The compose file, as data."""

from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from tests.support.documents import ROOT

FOLDER = ROOT / "docker"
COMPOSE = FOLDER / "compose.yaml"
IMAGE = "glasshouse"


def compose() -> dict[str, Any]:
    content: dict[str, Any] = YAML(typ="safe").load(COMPOSE)
    return content


def services() -> dict[str, dict[str, Any]]:
    return dict(compose()["services"])


def roles() -> dict[str, dict[str, Any]]:
    """The services that run our image."""
    return {name: service for name, service in services().items() if service["image"] == IMAGE}


def secret_file(name: str) -> Path:
    """Where compose takes a secret from."""
    return FOLDER / str(compose()["secrets"][name]["file"])
