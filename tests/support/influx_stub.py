"""Stands in for an InfluxDB where the real one cannot be made to answer so: it answers writes as it is told."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

import msgspec

Answer = tuple[int, Mapping[str, str], bytes]
TAKEN: Final[Answer] = (204, {}, b"")
_BUCKET: Final = {"id": "b" * 16, "name": "stub", "orgID": "a" * 16, "retentionRules": []}
_NOTHING: Final = msgspec.msgpack.encode({"results": [{"statement_id": 0}]})


def said(status: int, message: str, **headers: str) -> Answer:
    """As InfluxDB says what is wrong."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return status, named, msgspec.json.encode({"code": "some code", "message": message})


@contextmanager
def stub(answer: Callable[[list[str]], Answer]) -> Iterator[str]:
    """The URL of a history. `answer` is given the lines of each write."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._say((200, {}, msgspec.json.encode({"buckets": [_BUCKET]})))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            is_write = self.path.startswith("/api/v2/write")
            self._say(answer(body.decode().split("\n")) if is_write else (200, {}, _NOTHING))

        def log_message(self, *_: Any) -> None:
            """Nobody asked."""

        def _say(self, answer: Answer) -> None:
            status, headers, body = answer
            self.send_response(status)
            kind = {"Content-Type": "application/json", "Content-Length": str(len(body))}
            for name, value in {**kind, **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        serving = threading.Thread(target=server.serve_forever, args=(0.01,), name="influx-stub")
        serving.start()
        try:
            yield f"influxdb://token@127.0.0.1:{server.server_port}/farm?bucket=stub"
        finally:
            server.shutdown()
            serving.join()
