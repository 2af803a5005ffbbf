"""Options that several commands share, and how they become settings."""

from pathlib import Path
from typing import Annotated, Any, Final

import typer

from glasshouse.logs import configure_logs
from glasshouse.settings import Settings, load_settings

HELP: Final = {"help_option_names": ["-h", "--help"]}

Data = Annotated[str | None, typer.Option("--data", metavar="DIR", help="The data folder.  [default: data]")]
EventLog = Annotated[
    str | None,
    typer.Option(
        "--event-log",
        metavar="URL",
        help="The event log: esdb://host:2113 or sqlite:////path.  [default: of the data folder; roles need one]",
    ),
]
Http = Annotated[
    str | None, typer.Option("--http", metavar="HOST:PORT", help="Where to serve HTTP.  [default: 127.0.0.1:8080]")
]
Mqtt = Annotated[
    str | None,
    typer.Option(
        "--mqtt",
        metavar="HOST:PORT | URL",
        help="Where our broker listens, or the URL of another: mqtt[s]://user:password@host:port.  [default: 127.0.0.1:1883]",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")]
Config = Annotated[Path | None, typer.Option("--config", metavar="FILE", help="Settings file.  [default: glasshouse.toml]")]
LogLevel = Annotated[str | None, typer.Option("--log-level", metavar="LEVEL", help="debug, info, warning or error.")]
Wait = Annotated[
    bool | None,
    typer.Option("--wait/--no-wait", help="Wait for an event log or an InfluxDB that is away.  [default: end with code 7]"),
]
Key = Annotated[
    str | None, typer.Option("--key", metavar="KEY", help="An admin key, where a running house is asked (or GLASSHOUSE_KEY).")
]
AnyKey = Annotated[
    str | None, typer.Option("--key", metavar="KEY", help="A key, where a running house is asked (or GLASSHOUSE_KEY).")
]


def settings_from(config: Path | None, **options: Any) -> Settings:
    """The merged settings, with logs set up as they say."""
    settings = load_settings(options, file=config)
    configure_logs(settings.log_level)
    return settings
