"""The setting `quality`: what of the rules is other, and what a wrong one is told."""

import math
from pathlib import Path
from typing import Any

import msgspec
import pytest

from domain.quality_rules import DEFAULT_RULES, Rule
from glasshouse.errors import SettingsError
from glasshouse.settings import Settings, load_settings
from glasshouse.window_rules import window_rules


def rule(settings: Settings, metric: str) -> Rule:
    return window_rules(settings).quality.of(metric)


def test_tables_of_the_file_change_what_they_name_and_nothing_else(tmp_path: Path) -> None:
    file = tmp_path / "glasshouse.toml"
    file.write_text("[quality.temperature]\nspike = 8\nlow = -inf\nrate = inf\n")
    settings = load_settings({}, environment={}, file=file)
    known = DEFAULT_RULES["temperature"]
    assert rule(settings, "temperature") == msgspec.structs.replace(known, spike=8.0, low=-math.inf, rate=None)
    assert rule(settings, "humidity") == DEFAULT_RULES["humidity"]


def test_a_variable_says_it_in_json_where_null_is_no_limit() -> None:
    environment = {"GLASSHOUSE_QUALITY": '{"temperature": {"high": null, "jump": 3}}'}
    changed = rule(load_settings({}, environment=environment), "temperature")
    assert (changed.high, changed.jump, changed.low) == (math.inf, 3.0, DEFAULT_RULES["temperature"].low)


def test_a_process_that_is_handed_the_settings_has_the_same_rules() -> None:
    given = load_settings({"quality": {"ph": {"low": -math.inf, "spike": math.inf, "flat_minutes": 60}}}, environment={})
    handed = msgspec.json.decode(msgspec.json.encode(given), type=Settings)
    assert window_rules(handed) == window_rules(given)


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({"temp": {}}, "quality.temp: no such metric; there are temperature,"),
        ({"ph": {"spikes": 1}}, "quality.ph is not right: .*`spikes`; a rule has low, high, spike"),
        ({"ph": {"spike": "much"}}, "quality.ph.spike is not right: .*`str`"),
        ({"ph": {"spike": 0}}, "quality.ph.spike is not right: .*> 0"),
        ({"ph": {"low": math.nan}}, "quality.ph is not right: nan is no figure"),
        ({"ph": {"low": math.inf}}, r"low \(inf\) is not below high"),
        ({"ph": {"low": 15}}, r"quality.ph is not right: low \(15\) is not below high \(14\)"),
        ({"ph": {"gap_minutes": math.inf}}, "quality.ph.gap_minutes is not right"),
        ({"ph": {"flat_readings": 1}}, "quality.ph.flat_readings is not right"),
        ({"ph": 7}, "quality.ph is not right: .*`int`"),
        ([1], "quality is a table for each metric"),
        ("{", "quality is no JSON"),
        ("[" * 50_000, "quality is no JSON: it is nested too deeply"),
        ({"humidity": {"flat_above": 99}}, r"quality.humidity is not right: flat_above \(99\) is not below flat_below \(99\)"),
        ({"ph": {"flat_above": 8, "flat_below": 3}}, r"flat_above \(8\) is not below flat_below \(3\)"),
    ],
)
def test_what_is_no_rule_is_named(given: Any, complaint: str) -> None:
    with pytest.raises(SettingsError, match=complaint):
        load_settings({"quality": given}, environment={})
