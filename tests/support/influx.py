"""A real InfluxDB for tests: started on a free port with a data folder of its own, killed and started again by fault tests."""

import atexit
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from uuid import uuid4

import httpx
import pytest
from influxdb_client.client.influxdb_client import InfluxDBClient

from adapters.history.influx.address import InfluxAddress
from tests.servers.build_influxd import VERSION, binary
from tests.support.simulation import steady_port

ORG: Final = "greenhouses"
TOKEN: Final = "of-the-tests/with+what_tokens-have=="
ELSEWHERE: Final = os.environ.get("GLASSHOUSE_TEST_HISTORY", "")
_READY_SECONDS: Final = 60.0
# The server is ended by the shell when the pipe from us closes: it does not outlive tests that are killed.
_TIED: Final = '"$@" & echo $!; read _; kill -9 $!; wait'


class InfluxServer:
    """An influxd, set up with one organisation and a token that may do everything."""

    def __init__(self, folder: Path, *flags: str) -> None:
        self._folder = folder
        self._flags = flags
        self.port = steady_port()
        self._tie: subprocess.Popen[bytes] | None = None
        self._pid = 0
        self.start()
        answer = httpx.post(
            f"{self.http}/api/v2/setup",
            json={"username": "tests", "password": "tests-only", "org": ORG, "bucket": "first", "token": TOKEN},
            trust_env=False,
        )
        assert answer.status_code == httpx.codes.CREATED, answer.text

    @property
    def http(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def url(self, *, token: str = TOKEN, org: str = ORG, bucket: str | None = None) -> str:
        """For the setting `history`; the bucket's name is one of its own if none is given."""
        secret = token.replace("/", "%2F")
        return f"influxdb://{secret}@127.0.0.1:{self.port}/{org}?bucket={bucket or new_bucket()}"

    def start(self) -> None:
        """Return once it answers."""
        command = [str(binary()), "--http-bind-address", f"127.0.0.1:{self.port}", "--reporting-disabled"]
        command += ["--bolt-path", str(self._folder / "bolt"), "--sqlite-path", str(self._folder / "sqlite")]
        command += ["--engine-path", str(self._folder / "engine"), "--log-level", "error", *self._flags]
        with (self._folder / "influxd.log").open("ab") as log:
            self._tie = subprocess.Popen(
                ["sh", "-c", _TIED, "sh", *command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log
            )
        assert self._tie.stdout is not None
        self._pid = int(self._tie.stdout.readline())
        self._until_ready()

    def kill(self) -> None:
        """As a power cut would."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def pause(self) -> None:
        """It lives and says nothing, until `resume`."""
        os.kill(self._pid, signal.SIGSTOP)

    def resume(self) -> None:
        os.kill(self._pid, signal.SIGCONT)

    def _until_ready(self) -> None:
        until = time.monotonic() + _READY_SECONDS
        with httpx.Client(trust_env=False) as client:
            while not _answers(client, f"{self.http}/health"):
                assert time.monotonic() < until, (self._folder / "influxd.log").read_text()
                time.sleep(0.02)

    def _end(self, how: signal.Signals) -> None:
        if self._tie is None:
            return
        os.kill(self._pid, how)
        while _lives(self._pid):
            time.sleep(0.01)
        assert self._tie.stdin is not None
        assert self._tie.stdout is not None
        self._tie.stdin.close()
        self._tie.stdout.close()
        self._tie.wait()
        self._tie = None


_SHARED: Final[list[InfluxServer]] = []


def shared() -> InfluxServer:
    """The server that the tests of this process share, each with buckets of its own; skips where none is built."""
    need_binary()
    if not _SHARED:
        folder = Path(tempfile.mkdtemp(prefix="glasshouse-influxd-"))
        _SHARED.append(InfluxServer(folder))
        atexit.register(_end_shared, folder)
    return _SHARED[0]


def _end_shared(folder: Path) -> None:
    _SHARED.pop().kill()
    shutil.rmtree(folder)


@contextmanager
def own(folder: Path, *flags: str) -> Iterator[InfluxServer]:
    """A server that a fault test may end as it likes."""
    need_binary()
    server = InfluxServer(folder, *flags)
    try:
        yield server
    finally:
        server.kill()


@contextmanager
def history_url() -> Iterator[str]:
    """A history of its own, on the server that GLASSHOUSE_TEST_HISTORY names, which forgets it then, or on the shared one."""
    if not ELSEWHERE:
        yield shared().url()
        return
    url = f"{ELSEWHERE.partition('?')[0]}?bucket={new_bucket()}"
    yield url
    address = InfluxAddress(url)
    with InfluxDBClient(address.http, address.token, org=address.org) as client:
        found = client.buckets_api().find_bucket_by_name(address.bucket)
        if found is not None:
            client.buckets_api().delete_bucket(found)


def new_bucket() -> str:
    return f"test-{uuid4().hex[:12]}"


def need_binary() -> None:
    if not binary().exists():
        pytest.skip(f"no influxd {VERSION} is built on this machine: `make test-influxdb` builds one, once, and runs this test")


def _answers(client: httpx.Client, url: str) -> bool:
    try:
        return client.get(url).is_success
    except httpx.HTTPError:
        return False


def _lives(pid: int) -> bool:
    """A zombie has ended, whoever has still to be told of it."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False
