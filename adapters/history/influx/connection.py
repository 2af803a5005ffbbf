"""An InfluxDB, spoken to from threads by its own client: lines written, questions asked in InfluxQL, readings deleted."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, Final

import msgspec
from influxdb_client.client.exceptions import InfluxDBError
from influxdb_client.client.influxdb_client import InfluxDBClient
from influxdb_client.client.write_api import SYNCHRONOUS
from influxdb_client.domain.bucket_retention_rules import BucketRetentionRules
from influxdb_client.rest import ApiException

from adapters.history.influx import failures
from adapters.history.influx.address import InfluxAddress
from adapters.history.influx.failures import plain_errors
from adapters.history.port import HistoryError
from schema.times import from_micros

Values = list[list[Any]]
_MILLISECONDS: Final = 1000
LONGEST_SHARD_SECONDS: Final = 7 * 24 * 3600
"""Windows are laid down for shards of a week (`windows.py`), which is what InfluxDB makes of a bucket that never forgets."""
_FOR_EVER: Final = BucketRetentionRules(every_seconds=0, shard_group_duration_seconds=LONGEST_SHARD_SECONDS)
_EVER: Final = {"start": "1677-09-21T00:12:43.145224194Z", "stop": "2262-04-11T23:47:16.854775806Z"}


def _rfc3339(time_ns: int) -> str:
    seconds, rest = divmod(time_ns, 1_000_000_000)
    return f"{from_micros(seconds * 1_000_000):%Y-%m-%dT%H:%M:%S}.{rest:09d}Z"


class Timeouts(msgspec.Struct, frozen=True):
    """In seconds: how long a connection, the answer to a question, and a deletion may take."""

    connect: float = 3.0
    answer: float = 30.0
    delete: float = 600.0


class Series(msgspec.Struct, frozen=True):
    """Values of one series, or of all of them where they are not told apart by tags."""

    values: Values
    tags: dict[str, str] = {}


class _Result(msgspec.Struct, frozen=True):
    series: list[Series] = []
    error: str | None = None


class _Answer(msgspec.Struct, frozen=True):
    results: list[_Result] = []
    error: str | None = None


_decode: Final = msgspec.msgpack.Decoder(_Answer).decode


class InfluxConnection:
    """Blocking, and safe for several threads at once. Its errors are the port's."""

    def __init__(self, address: InfluxAddress, timeouts: Timeouts) -> None:
        self._address = address
        self._timeouts = timeouts
        self._client = InfluxDBClient(
            address.http,
            address.token,
            org=address.org,
            timeout=self._limits(timeouts.answer),
            ssl_ca_cert=address.ca_file,
        )
        self._write = self._client.write_api(write_options=SYNCHRONOUS)

    def close(self) -> None:
        self._write.close()
        self._client.close()

    def make_bucket(self) -> None:
        """Make the bucket where it is missing; HistoryError where it forgets readings by itself, or has longer shards."""
        bucket = self._bucket() or self._made_bucket()
        rules = [] if bucket is None else bucket.retention_rules
        if any(rule.every_seconds for rule in rules):
            raise HistoryError(
                f"the bucket {self._address.bucket} of the history {self._address} forgets old readings by itself, and would "
                "refuse late ones; set its retention to never"
            )
        if any((rule.shard_group_duration_seconds or 0) > LONGEST_SHARD_SECONDS for rule in rules):
            raise HistoryError(
                f"the bucket {self._address.bucket} of the history {self._address} has shards of more than a week, in which "
                "InfluxDB may show an old version of a window; make another, with --shard-group-duration 168h"
            )

    def _made_bucket(self) -> Any:
        with plain_errors(self._address):
            try:
                return self._client.buckets_api().create_bucket(
                    bucket_name=self._address.bucket, org=self._address.org, retention_rules=_FOR_EVER
                )
            except ApiException as error:
                if error.status != HTTPStatus.UNPROCESSABLE_ENTITY:
                    raise
                return self._bucket()  # which another process made just now
            except InfluxDBError:  # the client's own, where the token does not show it the organisation
                raise HistoryError(
                    f"the history {self._address} has no bucket {self._address.bucket} that this token may see, and it may "
                    "not make one: make it, without retention, or give a token that may"
                ) from None

    def buckets(self) -> list[str]:
        """The names of all buckets that the token may see."""
        with plain_errors(self._address):
            found: list[str] = [one.name for one in self._client.buckets_api().find_buckets_iter(org=self._address.org)]
            return found

    def drop_bucket(self) -> None:
        """Drop the bucket with all that is in it, if it is there."""
        bucket = self._bucket()
        if bucket is not None:
            with plain_errors(self._address):
                self._client.buckets_api().delete_bucket(bucket)

    def write(self, lines: Sequence[str]) -> None:
        """Store all of them. Where the server refuses one for good, HistoryError says of which series it is."""
        with plain_errors(self._address):
            self._send(lines)

    def ask(self, influxql: str) -> list[list[Series]]:
        """For each statement its series."""
        with plain_errors(self._address):
            response = self._call("/query", {"db": self._address.bucket, "epoch": "ns"}, influxql)
        answer = _decode(response)
        wrong = answer.error or next((result.error for result in answer.results if result.error), None)
        if wrong is not None:
            raise HistoryError(f"the history {self._address} cannot answer: {wrong}")
        return [result.series for result in answer.results]

    def delete(self, predicate: str = "", within: tuple[int, int] | None = None) -> None:
        """Forget all points for which that is so, all there are without it; of those in [start, end) in nanoseconds alone."""
        times = _EVER if within is None else {"start": _rfc3339(within[0]), "stop": _rfc3339(within[1] - 1)}
        with plain_errors(self._address):
            self._client.api_client.call_api(
                "/api/v2/delete",
                "POST",
                query_params=[("org", self._address.org), ("bucket", self._address.bucket)],
                header_params={"Content-Type": "application/json"},
                body={**times, "predicate": predicate},
                _request_timeout=self._limits(self._timeouts.delete),
            )

    def _call(self, path: str, parameters: dict[str, str], body: str) -> bytes:
        headers = {"Content-Type": "application/vnd.influxql", "Accept": "application/x-msgpack"}
        response, *_ = self._client.api_client.call_api(
            path, "POST", query_params=list(parameters.items()), header_params=headers, body=body, _preload_content=False
        )
        content: bytes = response.data
        return content

    def _send(self, lines: Sequence[str]) -> None:
        try:
            self._write.write(self._address.bucket, record="\n".join(lines).encode())
        except ApiException as error:
            if error.status == failures.TOO_LARGE and len(lines) > 1:
                self._in_halves(lines)
            elif error.status in failures.REFUSED:
                raise self._refused(lines, failures.said_by(error)) from None
            else:
                raise

    def _in_halves(self, lines: Sequence[str]) -> None:
        middle = len(lines) // 2
        self._send(lines[:middle])
        self._send(lines[middle:])

    def _refused(self, lines: Sequence[str], said: str) -> HistoryError:
        """Which line it was: sent again in halves, which changes nothing since points are known by their places."""
        while len(lines) > 1:
            middle = len(lines) // 2
            wrong = self._wrong_half(lines[:middle]) or self._wrong_half(lines[middle:])
            if wrong is None:
                return HistoryError(
                    f"the history {self._address} refused some of {len(lines)} readings, and then took them: {said}"
                )
            lines, said = wrong
        series = lines[0].partition(" value=")[0].replace("\\ ", " ")
        return HistoryError(f"the history {self._address} refuses a reading of {series}: {said}")

    def _wrong_half(self, lines: Sequence[str]) -> tuple[Sequence[str], str] | None:
        try:
            self._write.write(self._address.bucket, record="\n".join(lines).encode())
        except ApiException as error:
            if error.status in failures.REFUSED:
                return lines, failures.said_by(error)
            raise
        return None

    def _bucket(self) -> Any:
        with plain_errors(self._address):
            try:
                found = self._client.buckets_api().find_buckets(name=self._address.bucket, org=self._address.org)
            except ApiException as error:
                if error.status == HTTPStatus.NOT_FOUND and "bucket" in failures.said_by(error):
                    return None
                raise
            return found.buckets[0] if found.buckets else None

    def _limits(self, answer: float) -> tuple[float, float]:
        return self._timeouts.connect * _MILLISECONDS, answer * _MILLISECONDS
