"""Targets of notifications as settings name them: what is wrong is said, and no address is shown."""

from pathlib import Path
from typing import Any

import pytest

from glasshouse.errors import SettingsError
from glasshouse.settings import load_settings
from tests.support.documents import ROOT, blocks

pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated")  # Apprise looks whether Python still has it

OFFICE = {"webhook": "https://office.example/hook", "secret": "sixteen letters or more"}


def test_targets_are_named_in_a_table_or_as_json() -> None:
    text = '{"phone": "ntfys://tok3n@ntfy.example/house", "office": {"webhook": "http://h", "secret": "sixteen letters, and"}}'
    found = load_settings({}, environment={"GLASSHOUSE_NOTIFY": text}).notify
    assert {name: each.secret is not None for name, each in found.items()} == {"phone": False, "office": True}
    assert "tok3n" not in repr(found)
    assert load_settings({"notify": {"office": OFFICE}}, environment={}).notify["office"].url == OFFICE["webhook"]


def test_the_guide_names_targets_that_are_ones(tmp_path: Path) -> None:
    [text] = blocks(ROOT / "docs" / "how-to" / "notifications.md", "toml")
    (tmp_path / "glasshouse.toml").write_text(text)
    found = load_settings({}, environment={}, file=tmp_path / "glasshouse.toml").notify
    assert set(found) == {"ada-phone", "office-mail", "panel"}


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ("{", "no JSON"),
        ([], "table"),
        ({"a/b": OFFICE}, "names of targets"),
        ({"x": "hidden-words"}, "notify.x"),
        ({"x": "nosuch://hidden"}, "notify.x"),
        ({"x": {"webhook": "https://hidden"}}, "notify.x"),
        ({"x": OFFICE | {"webhook": "ftp://hidden"}}, "notify.x.webhook"),
        ({"x": OFFICE | {"secret": "hidden"}}, "notify.x.secret"),
    ],
)
def test_what_is_no_target_is_refused_without_showing_it(given: Any, named: str) -> None:
    with pytest.raises(SettingsError, match=named) as refused:
        load_settings({"notify": given}, environment={})
    assert "hidden" not in str(refused.value)


@pytest.mark.parametrize("given", ["greenhouse.example", "ftp://x", "http://[", 3])
def test_the_address_of_the_page_is_one(given: Any) -> None:
    with pytest.raises(SettingsError, match="page_url"):
        load_settings({"page_url": given}, environment={})
