"""Settings: command line options beat `GLASSHOUSE_*` variables, which beat `glasshouse.toml`, which beats the defaults."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, get_args
from urllib.parse import quote, unquote

import msgspec

from adapters.event_log.esdb.schemes import SCHEMES
from adapters.history.influx.schemes import SCHEMES as INFLUX_SCHEMES
from adapters.history.retention.policy import Policy
from adapters.notify.addresses import TargetAddress
from adapters.openid.provider import OpenId
from domain.quality_rules import RuleChange
from glasshouse.errors import SettingsError
from glasshouse.notify_setting import page_url, targets
from glasshouse.openid_setting import openid
from glasshouse.origins_setting import origins
from glasshouse.otlp_setting import collector
from glasshouse.proxy_settings import proxies, root_path
from glasshouse.quality_setting import rule_changes
from glasshouse.roles_setting import ROLE_WORDS, RoleWord, roles
from glasshouse.setting_sources import from_environment, from_file
from schema.complaints import reason_and_place

MAX_PORT = 65535
_OTHERS = {
    "event_log": ", or esdb://host:2113 for an EventStoreDB",
    "history": ", or influxdb://token@host:8086/organisation for an InfluxDB",
}
LogLevel = Literal["debug", "info", "warning", "error"]
Days = Annotated[int, msgspec.Meta(ge=1, le=100_000)] | None


class Address(msgspec.Struct, frozen=True):
    """A host and a TCP port to listen on; port 0 asks for a free one."""

    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> "Address":
        """`HOST:PORT`, `:PORT` for all interfaces, `[::1]:PORT` for IPv6; SettingsError for anything else."""
        host, colon, port = text.rpartition(":")
        if not colon or not port.isdecimal() or int(port) > MAX_PORT:
            raise SettingsError(f"{text!r} is not an address; write HOST:PORT, as in 127.0.0.1:8080")
        return cls(host.strip("[]") or "0.0.0.0", int(port))  # noqa: S104  # what an empty host means everywhere

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All that can be set. `event_log`, `history` and `mqtt` are one URL per part; None means the embedded default."""

    data: str = "data"
    event_log: str | None = None
    history: str | None = None
    mqtt: str = "embedded"
    mqtt_keys: bool = False
    http: str = "127.0.0.1:8080"
    log_level: LogLevel = "info"
    key: str | None = None
    wait: bool = False
    lease_seconds: Annotated[float, msgspec.Meta(ge=1, le=3600)] = 15.0
    archive: str | None = None
    keep_raw_days: Days = None
    keep_archive_days: Days = None
    keep_minute_days: Days = None
    keep_quarter_days: Days = None
    keep_hour_days: Days = None
    keep_day_days: Days = None
    keep_audit_days: Annotated[int, msgspec.Meta(ge=1, le=100_000)] = 365
    lateness_seconds: Annotated[float, msgspec.Meta(ge=0, le=31_536_000)] = 600.0
    idle_seconds: Annotated[float, msgspec.Meta(ge=1, le=31_536_000)] = 3600.0
    quality: Mapping[str, RuleChange] = {}
    allowed_origins: tuple[str, ...] = ()
    trusted_documents: str | None = None
    other_documents: frozenset[RoleWord] = frozenset(ROLE_WORDS)
    key_operations: Annotated[int, msgspec.Meta(ge=1, le=64)] = 32
    key_subscriptions: Annotated[int, msgspec.Meta(ge=1, le=20_000)] = 2_000
    key_cost_per_second: Annotated[float, msgspec.Meta(ge=1, le=1e9)] | None = None
    key_items_per_second: Annotated[float, msgspec.Meta(ge=1, le=1e9)] | None = None
    tls_certificate: str | None = None
    tls_key: str | None = None
    trusted_proxies: tuple[str, ...] = ()
    root_path: str = ""
    introspection: frozenset[RoleWord] = frozenset(ROLE_WORDS)
    openid: OpenId | None = None
    otlp: str | None = None
    notify: Mapping[str, TargetAddress] = {}
    page_url: str | None = None
    otlp_ratio: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0.01

    @property
    def folder(self) -> Path:
        return Path(self.data)

    @property
    def event_log_url(self) -> str:
        return self.event_log or event_log_in(self.folder)

    @property
    def event_log_path(self) -> Path | None:
        """The file of an embedded event log; None where the log is an EventStoreDB."""
        return None if self.event_log_url.startswith(SCHEMES) else file_of(self.event_log_url, "sqlite", "event_log")

    @property
    def history_path(self) -> Path | None:
        """The file of an embedded history; None where the history is in an InfluxDB."""
        if self.history is None:
            return self.folder / "history.duckdb"
        return None if self.history.startswith(INFLUX_SCHEMES) else file_of(self.history, "duckdb", "history")

    @property
    def archive_path(self) -> Path:
        """Where whole days of raw readings are kept as Parquet."""
        return self.folder / "archive" if self.archive is None else Path(self.archive)

    @property
    def shown_certificate(self) -> str | None:
        """The file of what our HTTPS shows, wherever the asking command runs; None where plain HTTP is spoken."""
        return None if self.tls_certificate is None else str(Path(self.tls_certificate).absolute())

    @property
    def retention(self) -> Policy:
        """How long what stays where; SettingsError where that cannot be."""
        policy = Policy(
            raw=self.keep_raw_days,
            archive=self.keep_archive_days,
            minute=self.keep_minute_days,
            quarter=self.keep_quarter_days,
            hour=self.keep_hour_days,
            day=self.keep_day_days,
        )
        if (wrong := policy.wrong()) is not None:
            raise SettingsError(wrong)
        if policy.active and self.history_path is None and self.archive is None:
            raise SettingsError(
                "the history in InfluxDB is asked by several processes, so the archive beside it must be seen by all of them: "
                "name its folder, with GLASSHOUSE_ARCHIVE, alike for each"
            )
        return policy

    @property
    def embedded_broker(self) -> Address | None:
        """Where the embedded broker listens; None where `mqtt` names a broker of its own."""
        if self.mqtt == "embedded":
            return Address("127.0.0.1", 1883)
        if "://" in self.mqtt:
            return None
        try:
            return Address.parse(self.mqtt)
        except SettingsError as error:
            raise SettingsError(
                f"{self.mqtt!r} is no broker; write HOST:PORT, as in 127.0.0.1:1883, or mqtt[s]://user:password@host:port"
            ) from error


def event_log_in(folder: Path) -> str:
    """The URL of a data folder's own event log."""
    return f"sqlite:///{quote(str(folder / 'events.db'))}"


def file_of(url: str, scheme: str, setting: str) -> Path:
    """The path in `sqlite:///rel/path` or `sqlite:////abs/path`; SettingsError for another URL, without its secrets."""
    prefix = f"{scheme}:///"
    if not url.startswith(prefix) or url == prefix:
        others = _OTHERS[setting]
        raise SettingsError(
            f"{setting} = {url.partition('://')[0]}://... is not known; "
            f"write {prefix}relative/path or {prefix}/absolute/path{others}"
        )
    return Path(unquote(url.removeprefix(prefix)))


def load_settings(
    options: Mapping[str, Any], *, environment: Mapping[str, str] = os.environ, file: Path | None = None
) -> Settings:
    """Merge the sources; options that are None count as not given. SettingsError names the source that is wrong."""
    names = Settings.__struct_fields__
    merged = {**from_file(names, file), **from_environment(names, environment)}
    merged |= {name: value for name, value in options.items() if value is not None}
    if "quality" in merged:
        merged["quality"] = rule_changes(merged["quality"])
    if "allowed_origins" in merged:
        merged["allowed_origins"] = origins(merged["allowed_origins"])
    for setting, read in {"trusted_proxies": proxies, "root_path": root_path, "otlp": collector, "page_url": page_url}.items():
        if setting in merged:
            merged[setting] = read(merged[setting])
    for setting in {"other_documents", "introspection"} & set(merged):
        merged[setting] = roles(setting, merged[setting])
    if "notify" in merged:
        merged["notify"] = targets(merged["notify"])
    if "openid" in merged:
        merged["openid"] = openid(merged["openid"])
    try:
        return msgspec.convert(merged, Settings, strict=False)
    except msgspec.ValidationError as error:
        raise SettingsError(_plain(error)) from error


def _plain(error: msgspec.ValidationError) -> str:
    """Which setting it is, and what it may be."""
    reason, name = reason_and_place(error)
    if name == "log_level":
        return f"log_level is one of {', '.join(get_args(LogLevel))}"
    return f"{name} is not right: {reason}"
