"""The locks: every package by its hashes, from no host in particular."""

import re
import tomllib

import pytest

from tests.support.documents import ROOT

LOCKS = ["requirements.lock", "requirements-dev.lock"]


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_no_host_and_hashes_every_package(lock: str) -> None:
    text = (ROOT / lock).read_text()
    assert "://" not in text
    assert "--index-url" not in text
    pinned = re.split(r"\n(?=[a-zA-Z0-9])", re.sub(r"^#.*\n", "", text, flags=re.MULTILINE).strip())
    assert len(pinned) > 20
    assert [package for package in pinned if "==" not in package or "--hash=sha256:" not in package] == []


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_holds_what_the_project_depends_on(lock: str) -> None:
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    names = {re.split(r"[\[<>=;\s]", one)[0].lower() for one in wanted}
    assert names <= set(re.findall(r"^([\w-]+)==", (ROOT / lock).read_text(), re.MULTILINE))
