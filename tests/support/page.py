"""A staged house for the page: its real files, and a server whose answers and sockets the test holds in its hand."""

import itertools
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from graphql import GraphQLSchema, build_schema, parse, validate
from playwright.sync_api import Page, Route, WebSocketRoute, expect

from tests.support.built_page import BUILT
from tests.support.documents import ROOT
from tests.support.page_answers import Json

ORIGIN: Final = "http://house.test"
GOOD_KEY: Final = "gh_good_secret"
MODULES: Final = ROOT / "web" / "build"
TYPES: Final = {".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self' ws://house.test; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
NOTHING: Final[Mapping[str, Json]] = {  # what a staged house has none of
    "OpenAlerts": {"alerts": {"nodes": [], "liveCursor": "a0"}},
    "Heat": {"heatMap": []},
    "Projections": {"projections": []},
    "Keys": {"keys": []},
    "KeyNames": {"keys": []},
}


class Asked:
    """What the page asked, each document held against the schema."""

    def __init__(self) -> None:
        self.wrong: list[str] = []
        self._schema: GraphQLSchema = build_schema((ROOT / "schema.graphql").read_text())
        self._seen: set[str] = set()

    def name(self, document: str) -> str:
        """What the operation is called."""
        if document not in self._seen:
            self._seen.add(document)
            self.wrong += [error.message for error in validate(self._schema, parse(document))]
        return document.replace("(", " ").replace("{", " ").split()[1]


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
        self.documents = Asked()
        self.asked: list[tuple[str, Json]] = []
        self.subscribed: list[Json] = []
        self.heard: list[Json] = []
        self.sockets: list[WebSocketRoute] = []
        self.readings_id = ""
        self._cursors = itertools.count(1)
        page.route(f"{ORIGIN}/**", self._route)
        page.route_web_socket(f"{ORIGIN.replace('http', 'ws')}/graphql", self._socket)

    def open(self, view: str = "", *, key: str | None = None) -> None:
        """Go to the page and wait until it follows the readings, or asks for a key."""
        self.page.goto(f"{ORIGIN}/" + (f"#key={key}" if key else view))
        if self.logged_in:
            expect(self.page.locator("#link")).to_have_text("Live")

    def send(self, *readings: Json) -> None:
        """Readings come over the newest socket."""
        for one in readings:
            self.tell("ReadingReceived", reading=one)

    def tell(self, typename: str, **fields: Any) -> None:
        message = {"__typename": typename, "cursor": f"c{next(self._cursors)}", **fields}
        self.frame({"id": self.readings_id, "type": "next", "payload": {"data": {"readings": message}}})

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
            file = _file(path)
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
        name = self.documents.name(body["query"])
        self.asked.append((name, body["variables"]))
        answer = self._answer(name, body["variables"])
        if answer is None:
            self.documents.wrong.append(f"the staged house knows no answer to {name}")
            route.abort()
            return
        route.fulfill(json={"data": answer})

    def _answer(self, name: str, variables: Mapping[str, Any]) -> Json | None:
        if name in ("Devices", "DevicesWithLatest"):
            return {"devices": self._devices(variables["first"], variables["after"])}
        total = {"totalCount": len(self.letters)}
        answers: dict[str, Json] = {
            "Recent": {"series": self.series},
            "Health": {"deadLetters": total, "projections": self.projections},
            "Commands": {"commands": {"nodes": self.commands[: variables.get("first")]}},
            "Trace": {"trace": self.traces.get(variables.get("correlationId", ""))},
            "DeadLetters": {"deadLetters": {**total, "nodes": self.letters}},
        }
        return answers.get(name) or NOTHING.get(name)

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
        if message["type"] == "subscribe" and self.documents.name(message["payload"]["query"]) == "Readings":
            self.readings_id = message["id"]
            self.subscribed.append(message["payload"]["variables"])


def _file(path: str) -> Path:
    """The page itself, a file of it, or one of its modules by itself."""
    if path.startswith("/modules/"):
        return MODULES / path.removeprefix("/modules/")
    return BUILT / (path.removeprefix("/static/").removeprefix("/") or "index.html")
