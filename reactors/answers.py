"""Devices' answers in the traces of the commands that they answer: which these are, ingest could not know."""

from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from adapters.tracing.identity import event_id_of
from adapters.tracing.port import Kind, Tracer
from domain.commands import Command
from reactors.devices import Device
from schema.times import to_micros

_NS: Final = 1_000


class Answer(msgspec.Struct, frozen=True):
    """What a device said that may be of a command: the event's id, when the log took it, the command's event before."""

    id: str
    at_ns: int
    command: Command
    latest: str

    def tell(self, tracer: Tracer) -> None:
        """A span from the command's way out to the answer, with the id by which that event is told of."""
        sent = self.command.dispatched_at or self.command.dispatching_at or self.command.requested_at
        tracer.record(
            "device answers",
            to_micros(sent) * _NS,
            self.at_ns,
            self.command.correlation_id,
            of=event_id_of(self.id),
            cause=event_id_of(self.latest),
            kind=Kind.CONSUMER,
            device=self.command.device_id,
            command=self.command.id,
        )


def answers_of(devices: Iterable[Device]) -> Iterator[Answer]:
    """Of all that these devices said, and nobody has weighed."""
    for device in devices:
        for heard in device.heard:
            command = device.command_of(heard)
            if command is not None and (latest := device.latest.get(command.id)) is not None:
                yield Answer(heard.id, to_micros(heard.at) * _NS, command, latest)
