"""Settings: which source wins, and what a wrong one is told."""

from pathlib import Path

import pytest

from adapters.notify.addresses import TargetAddress
from adapters.openid.provider import OpenId
from domain.quality_rules import RuleChange
from glasshouse.errors import SettingsError
from glasshouse.settings import Address, Settings, load_settings
from tests.support.documents import ROOT


def test_options_beat_variables_which_beat_the_file_which_beats_defaults(tmp_path: Path) -> None:
    file = tmp_path / "glasshouse.toml"
    file.write_text('data = "from-file"\nhttp = "127.0.0.1:1"\nlog_level = "debug"\n')
    environment = {"GLASSHOUSE_DATA": "from-env", "GLASSHOUSE_HTTP": "127.0.0.1:2"}
    settings = load_settings({"data": "from-option", "http": None}, environment=environment, file=file)
    assert (settings.data, settings.http, settings.log_level, settings.mqtt) == (
        "from-option",
        "127.0.0.1:2",
        "debug",
        "embedded",
    )


def test_variables_that_are_not_settings_are_left_alone() -> None:
    assert load_settings({}, environment={"GLASSHOUSE_TEST_KILLS": "3", "GLASSHOUSE_KEY": ""}).key is None


def test_a_setting_may_stand_in_a_file_that_a_variable_names(tmp_path: Path) -> None:
    secret = tmp_path / "event_log"
    secret.write_text("esdb://us:hush@host:2113\n")
    environment = {"GLASSHOUSE_EVENT_LOG_FILE": str(secret), "GLASSHOUSE_EVENT_LOG": "", "GLASSHOUSE_HTTP": "h:1"}
    settings = load_settings({}, environment=environment)
    assert (settings.event_log, settings.http) == ("esdb://us:hush@host:2113", "h:1")
    assert load_settings({"event_log": "sqlite:///x"}, environment=environment).event_log == "sqlite:///x"


@pytest.mark.parametrize("name", Settings.__struct_fields__)
def test_every_setting_may_stand_in_a_file(tmp_path: Path, name: str) -> None:
    special: dict[str, tuple[str, object]] = {
        "wait": ("true", True),
        "mqtt_keys": ("true", True),
        "allowed_origins": ("https://panel.example", ("https://panel.example",)),
        "other_documents": ("admin", frozenset({"admin"})),
        "trusted_proxies": ("10.0.0.0/8", ("10.0.0.0/8",)),
        "root_path": ("/house", "/house"),
        "introspection": ("none", frozenset()),
        "otlp": ("http://collector:4318", "http://collector:4318"),
        "otlp_ratio": ("0.5", 0.5),
        "openid": ('{"issuer": "https://a.example", "audience": "b"}', OpenId(issuer="https://a.example", audience="b")),
        "page_url": ("https://house.example", "https://house.example"),
        "notify": (
            '{"office": {"webhook": "https://a.example", "secret": "sixteen letters, and"}}',
            {"office": TargetAddress("https://a.example", "sixteen letters, and")},
        ),
        "quality": ('{"ph": {"spike": 2}}', {"ph": RuleChange(spike=2.0)}),
    }
    is_number = name.endswith(("_days", "_seconds")) or name.startswith("key_")
    plain: tuple[str, object] = ("7", 7) if is_number else ("error", "error")  # as even a log level may be
    text, value = special.get(name, plain)
    (tmp_path / "value").write_text(text)
    settings = load_settings({}, environment={f"GLASSHOUSE_{name.upper()}_FILE": str(tmp_path / "value")})
    assert getattr(settings, name) == value


@pytest.mark.parametrize(("content", "complaint"), [(None, "cannot be read"), ("\n", "empty"), ("x", "both set")])
def test_a_file_of_a_setting_that_cannot_be_used_is_named(tmp_path: Path, content: str | None, complaint: str) -> None:
    if content is not None:
        (tmp_path / "key").write_text(content)
    environment = {"GLASSHOUSE_KEY_FILE": str(tmp_path / "key"), "GLASSHOUSE_KEY": "gh_hush" if content == "x" else ""}
    with pytest.raises(SettingsError, match=rf"GLASSHOUSE_KEY_FILE.*{complaint}") as refusal:
        load_settings({}, environment=environment)
    assert "hush" not in str(refusal.value)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [('dta = "x"', "dta"), ("data = ", "cannot be read"), ('log_level = "loud"', "log_level"), ("http = 80", "http")],
)
def test_a_wrong_file_is_named_with_what_is_wrong(tmp_path: Path, text: str, complaint: str) -> None:
    file = tmp_path / "glasshouse.toml"
    file.write_text(text)
    with pytest.raises(SettingsError, match=complaint):
        load_settings({}, environment={}, file=file)


def test_a_settings_file_that_was_named_must_exist(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no settings file"):
        load_settings({}, environment={}, file=tmp_path / "none.toml")


@pytest.mark.parametrize(
    ("url", "path"),
    [("sqlite:///rel/events.db", "rel/events.db"), ("sqlite:////abs/e%20v.db", "/abs/e v.db"), (None, "d/events.db")],
)
def test_the_event_log_url_names_a_file(url: str | None, path: str) -> None:
    assert load_settings({"data": "d", "event_log": url}, environment={}).event_log_path == Path(path)


@pytest.mark.parametrize("url", ["sqlite://x", "sqlite:///", "postgres://user:secret@h/x", "events.db"])
def test_a_url_of_another_kind_is_refused_without_its_secrets(url: str) -> None:
    with pytest.raises(SettingsError, match=r"sqlite:///.* or esdb://") as refusal:
        _ = load_settings({"event_log": url}, environment={}).event_log_path
    assert "secret" not in str(refusal.value)


@pytest.mark.parametrize(
    ("mqtt", "listen"),
    [("embedded", Address("127.0.0.1", 1883)), ("0.0.0.0:0", Address("0.0.0.0", 0)), ("mqtt://h:1", None)],
)
def test_mqtt_is_embedded_an_address_to_listen_on_or_the_url_of_a_broker(mqtt: str, listen: Address | None) -> None:
    assert load_settings({"mqtt": mqtt}, environment={}).embedded_broker == listen


@pytest.mark.parametrize("text", ["localhost", "h:99999", "h:x", "", "h:-1", "h:1.5"])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match="HOST:PORT"):
        Address.parse(text)


def test_an_address_of_ipv6_keeps_its_brackets() -> None:
    assert str(Address.parse("[::1]:8080")) == "[::1]:8080"


def test_numbers_are_read_from_variables_within_their_bounds() -> None:
    assert load_settings({}, environment={"GLASSHOUSE_LEASE_SECONDS": "2.5"}).lease_seconds == 2.5
    for wrong in ("0.1", "soon", "99999"):
        with pytest.raises(SettingsError, match="lease_seconds"):
            load_settings({}, environment={"GLASSHOUSE_LEASE_SECONDS": wrong})


@pytest.mark.parametrize("name", Settings.__struct_fields__)
def test_the_reference_lists_every_setting(name: str) -> None:
    assert f"| `{name}` | `GLASSHOUSE_{name.upper()}` |" in (ROOT / "docs/reference/settings.md").read_text(encoding="utf-8")
