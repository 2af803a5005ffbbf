"""Alert rules as somebody sees them whose key is good for a part of the house alone: those about nothing else."""

from api.scope import Sight
from projections.rule_queries import RuleQueries, RuleView
from schema.rules import Where


class SeenRules:
    """The port `RuleQueries`."""

    def __init__(self, rules: RuleQueries, sight: Sight) -> None:
        self._rules = rules
        self._sight = sight

    def rule(self, rule_id: str) -> RuleView | None:
        view = self._rules.rule(rule_id)
        return view if view is not None and is_within(view.rule.where, self._sight) else None

    def rules(self) -> list[RuleView]:
        return [view for view in self._rules.rules() if is_within(view.rule.where, self._sight)]


def is_within(where: Where, sight: Sight) -> bool:
    """Whether all that a rule is about is in sight: it names a device, or a site, that is."""
    if where.device_id is not None:
        return sight.device(where.device_id)
    named = {where.site_id, where.location and where.location.partition("/")[0]} - {None}
    return not sight.scope.devices and bool(named & sight.scope.sites)
