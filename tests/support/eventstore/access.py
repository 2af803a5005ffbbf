"""What every call passes first: who is asking, whether the server is ready, whether this node is the leader."""

from base64 import b64encode

from tests.support.eventstore import refusals
from tests.support.eventstore.calls import Call
from tests.support.eventstore.connections import Handler
from tests.support.eventstore.faults import Faults


class Gate:
    """Wraps handlers. Without a user set, everybody may do everything."""

    def __init__(self, faults: Faults, user: str | None, password: str | None) -> None:
        self._faults = faults
        self._expected = None if user is None else "Basic " + b64encode(f"{user}:{password}".encode()).decode()

    def open(self, handler: Handler) -> Handler:
        """For what anybody may ask at any time, unless the credentials are wrong."""

        async def guarded(call: Call) -> None:
            self._authenticate(call)
            await handler(call)

        return guarded

    def guard(self, handler: Handler, *, writes: bool = False, batch: bool = False) -> Handler:
        """For reads and writes; a batch call is refused in its answers, not by its status."""

        async def guarded(call: Call) -> None:
            self._authenticate(call)
            if not batch:
                if not self.allows(call):
                    refusals.access_denied()
                self._faults.refuse()
                self._lead(call, writes=writes)
            await handler(call)

        return guarded

    def allows(self, call: Call) -> bool:
        """Whether the caller said who it is, where that is asked."""
        return self._expected is None or "authorization" in call.metadata

    def _authenticate(self, call: Call) -> None:
        given = call.metadata.get("authorization")
        if self._expected is not None and given is not None and given != self._expected:
            refusals.unauthenticated()

    def _lead(self, call: Call, *, writes: bool) -> None:
        requires_leader = call.metadata.get("requires-leader", "false").lower() == "true"
        if self._faults.not_leader and (writes or requires_leader):
            refusals.not_leader(self._faults.leader)
