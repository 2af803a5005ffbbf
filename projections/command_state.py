"""What of the commands is held in memory: the control state of each device, and what has not ended."""

from collections.abc import Iterable, Sized

from msgspec.structs import replace

from domain.commands import CommandState, requested
from domain.control import Control, fold
from projections.command_queries import CommandView, KnownControl, RequestView, Step, moved
from projections.feed_queries import FeedEvent
from schema.commands import CommandsRequested, CommandStep, RequestEnded
from schema.envelope import RecordedEvent, decode_metadata
from schema.events import ActuatorCommand, Event
from schema.ids import format_event_id


class Changes(Sized):
    """What events came to that are not stored yet; as long as there were events."""

    def __init__(self) -> None:
        self.commands: dict[str, CommandView] = {}
        self.controls: dict[str, KnownControl] = {}
        self.requests: dict[str, RequestView] = {}
        self._events = 0

    def __len__(self) -> int:
        return self._events

    def take(self, control: KnownControl | None, command: CommandView | None, request: RequestView | None) -> None:
        self._events += 1
        if control is not None:
            self.controls[control.control.device_id] = control
        if command is not None:
            self.commands[command.command.id] = command
        if request is not None:
            self.requests[request.correlation_id] = request

    def correlation_ids(self) -> set[str]:
        """Of all that changed."""
        return {view.command.correlation_id for view in self.commands.values()} | self.requests.keys()


class CommandBook:
    """Folds events, one after the other, as the log has them."""

    def __init__(
        self, controls: Iterable[KnownControl] = (), commands: Iterable[CommandView] = (), requests: Iterable[RequestView] = ()
    ) -> None:
        self._controls = {known.control.device_id: known for known in controls}
        self._commands = {view.command.id: view for view in commands}
        self._requests = {view.correlation_id: view for view in requests}

    def take(self, fed: FeedEvent, changes: Changes) -> None:
        """Fold one event, and put what changed by it among the changes."""
        control = self._control(fed) if fed.recorded.category == "control" else None
        command = None if fed.event is None else self._command(fed.event, fed.recorded)
        request = None if fed.event is None else self._request(fed.event)
        changes.take(control, command, request)

    def _control(self, fed: FeedEvent) -> KnownControl:
        device_id = fed.recorded.stream.partition("-")[2]
        known = self._controls.get(device_id) or KnownControl(Control(device_id))
        control = known.control if fed.event is None else fold(known.control, fed.event)
        self._controls[device_id] = folded = KnownControl(control, fed.recorded.revision, fed.recorded.position)
        return folded

    def _command(self, event: Event, recorded: RecordedEvent) -> CommandView | None:
        """The command after the event; None where it changed none."""
        view = self._after(event, recorded)
        if view is not None and view.command.is_open:
            self._commands[view.command.id] = view
        elif view is not None:
            self._commands.pop(view.command.id, None)
        return view

    def _after(self, event: Event, recorded: RecordedEvent) -> CommandView | None:
        """None, too, where the event came late, or again."""
        match event:
            case ActuatorCommand():
                return _begun(event, recorded)
            case CommandStep() if (known := self._commands.get(event.command_id)) is not None:
                return moved(known, event, format_event_id(recorded.id))
        return None

    def _request(self, event: Event) -> RequestView | None:
        match event:
            case CommandsRequested():
                self._requests[event.correlation_id] = view = _asked(event)
                return view
            case RequestEnded() if (known := self._requests.pop(event.correlation_id, None)) is not None:
                return _ended(known, event)
        return None


def _begun(event: ActuatorCommand, recorded: RecordedEvent) -> CommandView | None:
    command = requested(event)
    if command is None:
        return None
    metadata = decode_metadata(recorded.metadata)
    return CommandView(
        command=command,
        position=recorded.position,
        requested_by=metadata.actor,
        causation_id=metadata.causation_id,
        steps=(Step(CommandState.REQUESTED, event.timestamp, format_event_id(recorded.id)),),
    )


def _asked(event: CommandsRequested) -> RequestView:
    return RequestView(
        correlation_id=event.correlation_id,
        requested_at=event.timestamp,
        on_failure=event.on_failure,
        command_ids=tuple(command.command_id for command in event.commands),
    )


def _ended(view: RequestView, event: RequestEnded) -> RequestView:
    return replace(view, ended_at=event.timestamp, succeeded=event.succeeded, set_back=event.set_back, left=event.left)
