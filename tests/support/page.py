"""A staged house for the page: its real files, and a server whose answers and sockets the test holds in its hand."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Page, Route, WebSocketRoute, expect

from schema.ids import content_event_id, format_event_id
from schema.times import format_time

ORIGIN: Final = "http://house.test"
GOOD_KEY: Final = "gh_good_secret"
FILES: Final = Path(__file__).parents[2] / "api" / "page"
TYPES: Final = {".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self' ws://house.test; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)

Json = dict[str, Any]


def reading(value: float | None = 21.5, **changes: Any) -> Json:
    """One reading as GraphQL gives it, measured just now unless `at` says otherwise."""
    at: datetime = changes.pop("at", None) or datetime.now(UTC)
    metric = changes.get("metric", "temperature")
    units = {"temperature": "degC", "humidity": "%", "par": "umol/m2/s"}
    return {
        "eventId": format_event_id(content_event_id(int(at.timestamp() * 1000), metric, str(value))),
        "deviceId": "bench-1",
        "sensorId": "air",
        "metric": metric,
        "value": value,
        "unit": units.get(metric),
        "quality": "GOOD",
        "timestamp": format_time(at),
        "recordedAt": format_time(datetime.now(UTC)),
        **changes,
    }


def device(device_id: str = "bench-1", *latest: Json, **changes: Any) -> Json:
    """One device as GraphQL gives it, heard just now."""
    now = format_time(datetime.now(UTC))
    return {
        "id": device_id,
        "site": "home",
        "location": None,
        "name": None,
        "model": None,
        "firmwareVersion": None,
        "status": "ONLINE",
        "statusAt": now,
        "lastSeen": now,
        "actuators": [],
        "latest": [{**one, "deviceId": device_id} for one in latest],
        **changes,
    }


def command(command_id: str = "c-1", **changes: Any) -> Json:
    """One command as GraphQL gives it, asked for just now."""
    return {
        "id": command_id,
        "correlationId": f"all-{command_id}",
        "deviceId": "actuators-1",
        "actuatorId": "vent",
        "command": "set",
        "value": 50.0,
        "state": "REQUESTED",
        "requestedAt": format_time(datetime.now(UTC)),
        "requestedBy": "automation",
        "reason": None,
        **changes,
    }


def traced(kind: str, **fields: Any) -> Json:
    """One entry of a trace as GraphQL gives it, from just now."""
    common = {"eventId": "e-1", "type": kind, "at": format_time(datetime.now(UTC)), "actor": None}
    return {"__typename": f"Traced{kind}", **common, **fields}


def ago(seconds: float) -> str:
    return format_time(datetime.now(UTC) - timedelta(seconds=seconds))


class StagedHouse:
    """Answers for the server. What it holds is what the page gets told; what the page asked is kept."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.devices: list[Json] = []
        self.letters: list[Json] = []
        self.commands: list[Json] = []
        self.traces: dict[str, Json] = {}
        self.series: list[Json] = []
        self.projections: list[Json] = []
        self.logged_in = True
        self.reachable = True
        self.acknowledges = True
        self.asked: list[tuple[str, Json]] = []
        self.subscribed: list[Json] = []
        self.heard: list[Json] = []
        self.sockets: list[WebSocketRoute] = []
        self._cursors = iter(range(1, 1_000_000))
        page.route(f"{ORIGIN}/**", self._route)
        page.route_web_socket(f"{ORIGIN.replace('http', 'ws')}/graphql", self._socket)

    def open(self, *, key: str | None = None) -> None:
        """Go to the page and wait until it follows the readings, or asks for a key."""
        self.page.goto(f"{ORIGIN}/" + (f"#key={key}" if key else ""))
        if self.logged_in:
            expect(self.page.locator("#link")).to_have_text("Live")

    def send(self, *readings: Json) -> None:
        """Readings come over the newest socket."""
        for one in readings:
            self.tell("ReadingReceived", reading=one)

    def tell(self, typename: str, **fields: Any) -> None:
        message = {"__typename": typename, "cursor": f"c{next(self._cursors)}", **fields}
        self.frame({"id": "1", "type": "next", "payload": {"data": {"readings": message}}})

    def frame(self, message: Json) -> None:
        self.sockets[-1].send(json.dumps(message))

    def questions(self, name: str) -> list[Json]:
        """The variables of each query of that name."""
        return [variables for query, variables in self.asked if query == name]

    def _route(self, route: Route) -> None:
        path = route.request.url.removeprefix(ORIGIN).partition("#")[0]
        if not self.reachable:
            route.abort("connectionrefused")
        elif path == "/session":
            self._session(route)
        elif path == "/graphql":
            self._graphql(route, route.request.post_data_json or {})
        else:
            file = FILES / ("index.html" if path == "/" else path.removeprefix("/static/"))
            headers = {"content-type": TYPES[file.suffix], "content-security-policy": POLICY}
            route.fulfill(body=file.read_bytes(), headers=headers)

    def _session(self, route: Route) -> None:
        request = route.request
        self.logged_in = request.method == "POST" and request.post_data_json == {"key": GOOD_KEY}
        route.fulfill(status=204 if self.logged_in or request.method == "DELETE" else 401)

    def _graphql(self, route: Route, body: Json) -> None:
        if not self.logged_in:
            refusal = {"message": "no key", "extensions": {"code": "UNAUTHENTICATED"}}
            route.fulfill(status=401, json={"errors": [refusal]})
            return
        name = body["query"].split("(")[0].split("{")[0].split()[1]
        self.asked.append((name, body["variables"]))
        route.fulfill(json={"data": self._answer(name, body["variables"])})

    def _answer(self, name: str, variables: Mapping[str, Any]) -> Json:
        match name:
            case "Recent":
                return {"series": self.series}
            case "Health":
                return {"deadLetters": {"totalCount": len(self.letters)}, "projections": self.projections}
            case "Commands":
                return {"commands": {"nodes": self.commands[: variables["first"]]}}
            case "Trace":
                return {"trace": self.traces.get(variables["correlationId"])}
            case "DeadLetters":
                return {"deadLetters": {"totalCount": len(self.letters), "nodes": self.letters}}
            case _:
                return {"devices": self._devices(variables["first"], variables["after"])}

    def _devices(self, first: int, after: str | None) -> Json:
        start = int(after or 0)
        end = start + first
        page_info = {"hasNextPage": end < len(self.devices), "endCursor": str(end)}
        return {"nodes": self.devices[start:end], "pageInfo": page_info, "liveCursor": f"live-{start}"}

    def _socket(self, socket: WebSocketRoute) -> None:
        if not self.reachable:
            socket.close(code=1001)
            return
        self.sockets.append(socket)
        socket.on_message(lambda text: self._hear(socket, json.loads(text)))

    def _hear(self, socket: WebSocketRoute, message: Json) -> None:
        self.heard.append(message)
        if message["type"] == "connection_init" and self.acknowledges:
            socket.send(json.dumps({"type": "connection_ack"}))
        if message["type"] == "subscribe":
            self.subscribed.append(message["payload"]["variables"])
