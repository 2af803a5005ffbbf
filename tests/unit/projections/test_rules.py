"""Rules as they are recorded with a version: compared, and read again, to the last figure."""

import math

import msgspec

from domain.quality_rules import DEFAULT_RULES, Rule, RuleBook
from projections.rules import WindowRules
from projections.watermarks import Lateness


def test_rules_survive_being_recorded_as_json_infinite_figures_and_all() -> None:
    rules = WindowRules(Lateness(allowed_us=5), RuleBook({"temperature": Rule(high=50.0, rate=2.5)}))
    record = msgspec.json.decode(msgspec.json.encode(rules.record()))
    assert record == rules.record()
    again = WindowRules.recorded(record)
    assert again.record() == record
    assert again.lateness == rules.lateness
    assert again.quality.of("temperature") == Rule(low=-math.inf, high=50.0, rate=2.5)
    assert again.quality.of("humidity") == DEFAULT_RULES["humidity"]


def test_every_rule_that_counts_is_recorded_so_that_other_defaults_are_other_rules() -> None:
    assert set(WindowRules().record()["quality"]["given"]) == set(DEFAULT_RULES)
    assert WindowRules().record() != WindowRules(quality=RuleBook({"ph": Rule(spike=2.0)})).record()
