"""What InfluxDB and the way to it say, as the errors of the port in plain words. The token is never among them."""

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any

import msgspec
from influxdb_client.rest import ApiException
from urllib3.exceptions import HTTPError, NewConnectionError, SSLError
from urllib3.exceptions import TimeoutError as NoAnswerError

from adapters.history.influx.address import InfluxAddress
from adapters.history.port import HistoryError, HistoryUnavailableError

TOO_LARGE = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
REFUSED = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY})
"""Points that will be refused again, however often they are sent."""
_TRY_LATER = {
    HTTPStatus.REQUEST_TIMEOUT: "did not take the request in time",
    HTTPStatus.TOO_MANY_REQUESTS: "takes no more for now",
    HTTPStatus.INTERNAL_SERVER_ERROR: "failed",
    HTTPStatus.BAD_GATEWAY: "is not reached by its proxy",
    HTTPStatus.SERVICE_UNAVAILABLE: "is not ready",
    HTTPStatus.GATEWAY_TIMEOUT: "is not reached by its proxy",
}


@contextmanager
def plain_errors(address: InfluxAddress) -> Iterator[None]:
    """The client's errors as the port's."""
    try:
        yield
    except ApiException as error:
        raise plain(address, error) from None
    except SSLError as error:
        raise HistoryError(f"the history {address} and we do not agree on TLS: {_reason(error)}") from None
    except NewConnectionError as error:
        raise HistoryUnavailableError(f"the history {address} is not reached: {_reason(error)}") from None
    except NoAnswerError:
        raise HistoryUnavailableError(f"the history {address} does not answer in time") from None
    except HTTPError as error:
        raise HistoryUnavailableError(f"the history {address} is not reached: {_reason(error)}") from None


def plain(address: InfluxAddress, error: ApiException) -> HistoryError:
    """An answer that is not a success."""
    status, said = error.status, said_by(error)
    if not status:
        return HistoryError(f"the history {address} and we do not agree on TLS: {error.reason}")
    if status == HTTPStatus.UNAUTHORIZED:
        return HistoryError(f"the history {address} does not know the token; put a token of its own into the URL")
    if status == HTTPStatus.FORBIDDEN:
        return HistoryError(
            f"the token may not do this at the history {address}: {said}; it must read and write the bucket {address.bucket}"
        )
    if status == HTTPStatus.NOT_FOUND:
        return HistoryError(f"the history {address} lacks what is asked of it: {said}; is the organisation right?")
    if status in _TRY_LATER:
        return HistoryUnavailableError(f"the history {address} {_TRY_LATER[status]}: {said}{_when(error)}")
    return HistoryError(f"the history {address} refuses with {status}: {said}")


def said_by(error: ApiException) -> str:
    """The server's own words."""
    body: Any = error.body
    try:
        return str(msgspec.json.decode(body)["message"])
    except (msgspec.DecodeError, KeyError, TypeError, UnicodeDecodeError):
        text = body.decode(errors="replace") if isinstance(body, bytes) else str(body or "")
        return text.strip()[:200] or str(error.reason)


def _when(error: ApiException) -> str:
    seconds = None if error.headers is None else error.headers.get("Retry-After")
    return f" (it says to come back in {seconds} s)" if seconds else ""


def _reason(error: HTTPError) -> str:
    """What lies at the bottom of it, without the client's objects in the words."""
    told = str(error.args[-1] if error.args else error)
    return told.rpartition(">: ")[2] or type(error).__name__
