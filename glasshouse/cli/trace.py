"""`glasshouse trace`: what led to an alert or to commands, and what became of it."""

from typing import Annotated, Any, Final

import msgspec
import typer
from rich.markup import escape
from rich.table import Table

from glasshouse.asking import asking
from glasshouse.cli.console import stdout
from glasshouse.cli.options import AnyKey, Config, Data, EventLog, Json, LogLevel, settings_from
from glasshouse.errors import RefusedError
from glasshouse.loops import run
from glasshouse.settings import Settings

_COLUMNS: Final = ("at", "what", "", "by")
_DOCUMENT: Final = """
query ($id: ID!) {
  trace(correlationId: $id) {
    correlationId truncated
    entries {
      ... on Traced { eventId type at recordedAt causationId actor }
      ... on TracedReading { after readings { deviceId sensorId metric value unit } }
      ... on TracedCommand { deviceId actuatorId command value }
      ... on TracedStep { deviceId actuatorId step: state reason }
      ... on TracedAnswer { deviceId toldOf: actuatorId result told: state why: reason }
      ... on TracedEvent { stream text }
    }
  }
}
"""


def command(
    correlation_id: Annotated[
        str, typer.Argument(metavar="ID", help="The id of an alert, or the correlation id of commands.", show_default=False)
    ],
    data: Data = None,
    event_log: EventLog = None,
    key: AnyKey = None,
    config: Config = None,
    log_level: LogLevel = None,
    *,
    as_json: Json = False,
) -> None:
    """Tell all that hangs together: the reading, the rule or the person, what was said and sent, and what came of it.

    A running house is asked over its API, for which any key will do that may read.
    """
    settings = settings_from(config, data=data, event_log=event_log, key=key, log_level=log_level or "warning")
    found = run(_ask(settings, correlation_id))
    if found is None:
        raise RefusedError(
            f"nothing bears the correlation id {correlation_id!r}; `alerts` and `commands` of the API tell theirs"
        )
    if as_json:
        typer.echo(msgspec.json.encode(found).decode())
        return
    stdout().print(_table(found["entries"]))
    if found["truncated"]:
        typer.echo("There is more of it than is shown.")


async def _ask(settings: Settings, correlation_id: str) -> dict[str, Any] | None:
    async with asking(settings, lambda _: None) as house:
        found: dict[str, Any] | None = (await house.ask(_DOCUMENT, id=correlation_id))["trace"]
    return found


def _table(entries: list[dict[str, Any]]) -> Table:
    table = Table(*_COLUMNS, box=None)
    for one in entries:
        table.add_row(one["at"], one["type"], escape(_told(one)), escape(one["actor"] or ""))
    return table


def _told(one: dict[str, Any]) -> str:
    if "readings" in one:
        return ", ".join(
            f"{each['deviceId']} {each['sensorId']}: {each['metric']} {each['value']} {each['unit'] or ''}".rstrip()
            for each in one["readings"]
        )
    said = [one.get(name) for name in ("deviceId", "actuatorId", "toldOf", "command", "value", "step", "result", "told")]
    return " ".join(str(each) for each in [*said, one.get("reason"), one.get("why"), one.get("text")] if each is not None)
