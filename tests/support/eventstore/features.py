"""`ServerFeatures`: the server's version and methods. The client library has no classes for it: they are built here."""

from collections.abc import Sequence
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

from tests.support.eventstore.calls import Call, framed

PACKAGE = "event_store.client.server_features"
PATH = f"/{PACKAGE}.ServerFeatures/GetSupportedMethods"

_Field = descriptor_pb2.FieldDescriptorProto


def supported_methods_class() -> Any:
    """The class of `event_store.client.server_features.SupportedMethods`."""
    pool = descriptor_pool.DescriptorPool()
    method = _message("SupportedMethod", (("method_name", 1, False), ("service_name", 2, False), ("features", 3, True)))
    methods = _message("SupportedMethods", (("event_store_server_version", 2, False),))
    methods.field.add(
        name="methods", number=1, label=_Field.LABEL_REPEATED, type=_Field.TYPE_MESSAGE, type_name=f".{PACKAGE}.SupportedMethod"
    )
    pool.Add(
        descriptor_pb2.FileDescriptorProto(
            name="server_features_of_the_double.proto", package=PACKAGE, syntax="proto3", message_type=[method, methods]
        )
    )
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{PACKAGE}.SupportedMethods"))


class Features:
    """Answers `GetSupportedMethods`."""

    def __init__(self, version: str, paths: Sequence[str]) -> None:
        answer = supported_methods_class()(event_store_server_version=version)
        for path in paths:
            service, name = path.strip("/").split("/")
            features = ["deadline-duration"] if name == "BatchAppend" else []
            answer.methods.add(method_name=name.lower(), service_name=service.lower(), features=features)
        self._answer = framed(answer.SerializeToString())

    async def supported_methods(self, call: Call) -> None:
        await call.receive()
        await call.send(self._answer)


def _message(name: str, strings: Sequence[tuple[str, int, bool]]) -> descriptor_pb2.DescriptorProto:
    message = descriptor_pb2.DescriptorProto(name=name)
    for field, number, repeated in strings:
        label = _Field.LABEL_REPEATED if repeated else _Field.LABEL_OPTIONAL
        message.field.add(name=field, number=number, label=label, type=_Field.TYPE_STRING)
    return message
