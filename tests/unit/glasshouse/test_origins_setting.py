"""The setting that names the web pages that may ask."""

from pathlib import Path

import pytest

from glasshouse.errors import SettingsError
from glasshouse.settings import load_settings


def test_origins_come_as_a_list_or_with_commas_as_browsers_write_them(tmp_path: Path) -> None:
    file = tmp_path / "glasshouse.toml"
    file.write_text('allowed_origins = ["https://Panel.example:443", "http://localhost:5173"]')
    expected = ("https://panel.example", "http://localhost:5173")
    assert load_settings({}, environment={}, file=file).allowed_origins == expected
    variable = {"GLASSHOUSE_ALLOWED_ORIGINS": "https://panel.example, http://localhost:5173,"}
    assert load_settings({}, environment=variable).allowed_origins == expected
    assert load_settings({}, environment={}).allowed_origins == ()


@pytest.mark.parametrize(
    "wrong",
    [
        "*",
        "panel.example",
        "https://panel.example/",
        "https://*.example",
        "https://a@b",
        "ftp://x",
        "https://",
        "null",
        "http://[",
        "https://bücher.example",
    ],
)
def test_what_is_no_origin_is_told(wrong: str) -> None:
    with pytest.raises(SettingsError, match="is no origin"):
        load_settings({}, environment={"GLASSHOUSE_ALLOWED_ORIGINS": wrong})


def test_what_is_no_list_is_told() -> None:
    with pytest.raises(SettingsError, match="a list of origins"):
        load_settings({"allowed_origins": [1]}, environment={})
