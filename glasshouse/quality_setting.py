"""The setting `quality`: a table for each metric whose rule is to be another, with what of it is to be other."""

from collections.abc import Mapping
from typing import Any

import msgspec

from domain.quality_rules import Rule, RuleBook, RuleChange
from glasshouse.errors import SettingsError
from schema.complaints import reason_and_place
from schema.metrics import METRICS


def rule_changes(given: Any) -> Mapping[str, RuleChange]:
    """Of the tables of the settings file, or the same as JSON; SettingsError says which metric is wrong, and why."""
    tables = _decoded(given) if isinstance(given, str) else given
    if not isinstance(tables, dict):
        raise SettingsError("quality is a table for each metric, as in [quality.temperature] with spike = 8")
    changes = {str(metric): _change(str(metric), table) for metric, table in tables.items()}
    for metric, change in changes.items():
        try:
            RuleBook.changed({metric: change})
        except ValueError as error:
            raise SettingsError(f"quality.{metric} is not right: {error}") from error
    return changes


def _decoded(text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError as error:
        raise SettingsError(f"quality is no JSON: {error}") from error
    except RecursionError as error:
        raise SettingsError("quality is no JSON: it is nested too deeply") from error


def _change(metric: str, table: Any) -> RuleChange:
    if metric not in METRICS:
        raise SettingsError(f"quality.{metric[:64]}: no such metric; there are {', '.join(METRICS)}")
    try:
        return msgspec.convert(table, RuleChange)
    except msgspec.ValidationError as error:
        reason, place = reason_and_place(error)
        where = ".".join(filter(None, ("quality", metric, place)))
        raise SettingsError(f"{where} is not right: {reason}; a rule has {', '.join(Rule.__struct_fields__)}") from error
