"""Changes by somebody whose key is good for a part of the house alone: each is held to it, whichever mutation makes it."""

from collections.abc import Sequence

from api.errors import ApiError, ErrorCode
from api.scope import Sight, out_of_sight
from api.scoped_rules import is_within
from api.services import Services
from api.writes import NO_CAUSE, NOTHING, Cause, Change, Decide, Known, Writer
from domain.alert_decisions import fold_alert
from domain.alert_rules import fold_rule
from domain.decisions import Decision, Refused, fold_device
from schema.events import DeviceMetadata, Event, SensorReplaced
from schema.rules import AlertRuleDefined


def writer_of(services: Services) -> Writer:
    """Who writes what is decided over these services."""
    writer = Writer(services.log, services.clock, services.turns)
    return writer if services.sight is None or services.whole is None else SightedWriter(services, services.sight)


class SightedWriter(Writer):
    """Refuses what is not in sight, before it reads any of it. A device that nobody knows may be placed in sight."""

    def __init__(self, services: Services, sight: Sight) -> None:
        super().__init__(services.log, services.clock, services.turns)
        self._sight = sight
        self._known = (services.whole or services).latest

    async def change(
        self, stream: str, actor: str, decide: Decide, *, known: Known = NOTHING, cause: Cause = NO_CAUSE
    ) -> Change:
        return await super().change(stream, actor, self._within(stream, decide), known=known, cause=cause)

    async def consider(self, stream: str, decide: Decide, *, known: Known = NOTHING) -> Change:
        return await super().consider(stream, self._within(stream, decide), known=known)

    def _within(self, stream: str, decide: Decide) -> Decide:
        category, _, name = stream.partition("-")
        match category:
            case "request":
                return decide  # of commands to devices, each of which is looked at for itself
            case "site":
                self._sight.require_site(name)
                return decide
            case "alert":
                return self._of_alert(decide)
            case "rule":
                return self._of_rule(decide)
            case "control":
                return self._of_control(name, decide)
        raise ApiError(ErrorCode.FORBIDDEN, "this key is good for some sites or devices, and this is about the whole house")

    def _of_control(self, device: str, decide: Decide) -> Decide:
        is_new = self._known.device(device) is None
        if not is_new:
            self._sight.require_device(device)
        return self._of_device(device, decide, is_new=is_new)

    def _of_device(self, device: str, decide: Decide, *, is_new: bool) -> Decide:
        def within(events: Sequence[Event]) -> Decision:
            decision = decide(events)
            place = fold_device(events)
            for event in () if isinstance(decision, Refused) else decision:
                _check_address(event, place)
                if not isinstance(event, DeviceMetadata) or place is None or event.location != place.location:
                    self._check(event, device, is_new=is_new)
            return decision

        return within

    def _of_alert(self, decide: Decide) -> Decide:
        def within(events: Sequence[Event]) -> Decision:
            raised = fold_alert(events)
            self._sight.require_device("" if raised is None else raised.device_id)
            return decide(events)

        return within

    def _of_rule(self, decide: Decide) -> Decide:
        """A rule that was, and that will be, about nothing out of sight."""

        def within(events: Sequence[Event]) -> Decision:
            decision = decide(events)
            wanted = () if isinstance(decision, Refused) else decision
            before = fold_rule(events)
            for rule in (*wanted, *([before] if before else [])):
                if isinstance(rule, AlertRuleDefined) and not is_within(rule.where, self._sight):
                    raise _strange_rule()
            return decision

        return within

    def _check(self, event: Event, device: str, *, is_new: bool) -> None:
        if isinstance(event, DeviceMetadata):
            self._check_place(event, device, is_new=is_new)
        elif is_new:
            self._sight.require_device(device)
        if isinstance(event, SensorReplaced) and event.by_device_id is not None:
            self._sight.require_device(event.by_device_id)

    def _check_place(self, event: DeviceMetadata, device: str, *, is_new: bool) -> None:
        """Nobody moves a device out of his sight, or a strange one into it."""
        site = (event.location or "").partition("/")[0] or None
        known = self._known.device(device)
        belongs_by_place = is_new or known is None or known.site is None
        if (belongs_by_place or site is not None) and not self._sight.scope.holds(device, site):
            raise out_of_sight(device)


def _check_address(event: Event, before: DeviceMetadata | None) -> None:
    """A topic is of no site: whoever names one hears and commands what speaks there, wherever that is."""
    if not isinstance(event, DeviceMetadata) or event.address is None:
        return
    if before is None or (event.dialect, event.address) != (before.dialect, before.address):
        message = "an address may be any topic of the broker: it is given by a key that is good for the whole house"
        raise ApiError(ErrorCode.FORBIDDEN, message)


def _strange_rule() -> ApiError:
    return ApiError(
        ErrorCode.FORBIDDEN,
        "this key is good for some sites or devices: a rule must name one of them in `where`, and one about others stays",
    )
