"""What may be asked about alert rules, and the shapes of the answers."""

from typing import Protocol

import msgspec

from schema.rules import AlertRuleDefined


class RuleView(msgspec.Struct, frozen=True):
    """A rule as it stands: how often it was defined before, when it was last, and by whom."""

    rule: AlertRuleDefined
    revision: int
    defined_us: int
    actor: str | None = None


class RuleQueries(Protocol):
    """Alert rules. In memory."""

    def rule(self, rule_id: str) -> RuleView | None: ...

    def rules(self) -> list[RuleView]:
        """By id."""
        ...
