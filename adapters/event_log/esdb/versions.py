"""Which servers the log may be kept in."""

import re
from typing import Final

from google.protobuf.empty_pb2 import Empty
from google.protobuf.message import DecodeError
from google.protobuf.unknown_fields import UnknownFieldSet

from adapters.event_log.port import LogError

ASK_FEATURES: Final = "/event_store.client.server_features.ServerFeatures/GetSupportedMethods"
_VERSION_FIELD: Final = 2
_OLDEST: Final = (24, 10, 5)
_LOSING: Final = ((25, 0, 0),)


def version_in(answer: bytes) -> str:
    """The version in an answer to `ASK_FEATURES`; empty where it tells none. esdbclient has no class for this message."""
    try:
        fields = UnknownFieldSet(Empty.FromString(answer))
        told = (field.data for field in fields if field.field_number == _VERSION_FIELD)
        return next((data.decode() for data in told if isinstance(data, bytes)), "")
    except (DecodeError, ValueError):
        return ""


def check_version(version: str, server: str) -> None:
    """LogError for a server that is too old, or of a version that is known to skip events in a filtered subscription."""
    numbers = tuple(int(number) for number in re.findall(r"\d+", version)[:3])
    if not numbers:
        raise LogError(f"{server} does not tell its version; EventStoreDB 24.10.5 or later, or KurrentDB, is needed")
    if numbers < _OLDEST or numbers in _LOSING:
        raise LogError(
            f"{server} is of version {version}, which can skip events in a subscription; "
            "EventStoreDB 24.10.5 or KurrentDB 25.0.1, or a later one, is needed"
        )
