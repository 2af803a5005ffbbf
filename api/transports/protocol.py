"""The messages and close codes of `graphql-transport-ws`, as its specification has them."""

from enum import Enum
from typing import Annotated, Any, Final, TypeAlias

import msgspec

from api.execution.request import Request

SUBPROTOCOL: Final = "graphql-transport-ws"
_LONGEST_REASON: Final = 123

OperationId = Annotated[str, msgspec.Meta(min_length=1, max_length=128)]
Payload: TypeAlias = dict[str, Any] | None


class CloseCode(Enum):
    """Why the server ends a connection."""

    TRY_LATER = 1013
    BAD_REQUEST = 4400
    UNAUTHORIZED = 4401
    FORBIDDEN = 4403
    SUBPROTOCOL_NOT_ACCEPTABLE = 4406
    INIT_TIMEOUT = 4408
    SUBSCRIBER_EXISTS = 4409
    TOO_MANY_INITS = 4429
    TOO_SLOW = 4450
    INTERNAL = 4500


class ConnectionInit(msgspec.Struct, frozen=True, tag_field="type", tag="connection_init"):
    payload: Payload = None


class Ping(msgspec.Struct, frozen=True, tag_field="type", tag="ping"):
    payload: Payload = None


class Pong(msgspec.Struct, frozen=True, tag_field="type", tag="pong"):
    payload: Payload = None


class Subscribe(msgspec.Struct, frozen=True, tag_field="type", tag="subscribe"):
    id: OperationId
    payload: Request


class Complete(msgspec.Struct, frozen=True, tag_field="type", tag="complete"):
    id: OperationId


ClientMessage: TypeAlias = ConnectionInit | Ping | Pong | Subscribe | Complete


_decoder: Final[msgspec.json.Decoder[ClientMessage]] = msgspec.json.Decoder(ClientMessage)


class SocketClosed(Exception):  # noqa: N818 - an end, and no fault
    """The connection is to end with this code; None where the client has gone already."""

    def __init__(self, code: CloseCode | None, reason: str = "") -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason.encode()[:_LONGEST_REASON].decode(errors="ignore")


def parse(frame: str | None) -> ClientMessage:
    """The message in a frame; SocketClosed 4400 for anything else, as the protocol wants."""
    if not isinstance(frame, str):
        raise SocketClosed(CloseCode.BAD_REQUEST, "Messages are text")
    try:
        return _decoder.decode(frame)
    except (ValueError, RecursionError) as error:
        raise SocketClosed(CloseCode.BAD_REQUEST, f"Invalid message: {error}") from error


def ack() -> str:
    return '{"type":"connection_ack"}'


def pong(payload: Payload) -> str:
    return '{"type":"pong"}' if payload is None else _encode({"type": "pong", "payload": payload})


def next_message(operation: str, payload: str) -> str:
    """The payload is JSON already."""
    return f'{{"id":{_encode(operation)},"type":"next","payload":{payload}}}'


def error_message(operation: str, errors: list[dict[str, Any]]) -> str:
    return _encode({"id": operation, "type": "error", "payload": errors})


def complete(operation: str) -> str:
    return _encode({"id": operation, "type": "complete"})


def _encode(value: object) -> str:
    return msgspec.json.encode(value).decode()
