"""Running operations over the compiled schema: what may run, for how long, and what its errors look like.

Neither Strawberry's own way in is taken, which parses and validates anew for every request, nor graphql-core's executor, which
works out anew for every object what is asked of it: see `plan`.
"""

import time
from collections.abc import AsyncGenerator
from typing import Any, Final

import msgspec
from graphql import GraphQLSchema

from adapters.audit.port import Action
from adapters.tracing.port import Span
from api.auth import Principal
from api.context import Context
from api.deeds import Complaint, changes_of, complaint_of, refusal_of
from api.errors import ApiError, ErrorCode, RequestRefused, limit_error, unexpected
from api.execution.admission import Admission
from api.execution.documents import Documents, Prepared
from api.execution.execution import Answer
from api.execution.persisted import PersistedDocuments
from api.execution.plans import Begun
from api.execution.rates import Rates
from api.execution.request import Request
from api.metrics import ApiMetrics
from api.services import Services
from api.within import within

_read_variables: Final = msgspec.json.Decoder(dict[str, Any] | None).decode
_LEFT: Final[Complaint] = ("CANCELLED", "whoever asked went away before the answer")


class Ready(msgspec.Struct, frozen=True):
    """A request that may run."""

    prepared: Prepared
    variables: dict[str, Any]
    said: bytes


class Operations:
    """Runs the operations of everybody."""

    def __init__(self, services: Services, schema: GraphQLSchema, metrics: ApiMetrics) -> None:
        self.limits = services.limits
        self.metrics = metrics
        self._services = services
        self._schema = schema
        self._documents = Documents(schema, services.limits)
        self._persisted = PersistedDocuments(services.policy.trusted_documents, services.policy.other_documents)
        self._admission = Admission(
            "concurrent operations", services.limits.concurrent_operations, services.limits.key_operations
        )
        self._rates = Rates(services.limits.key_cost_per_second, services.limits.burst_seconds)

    def prepare(self, request: Request, principal: Principal) -> Ready:
        """ApiError or RequestRefused where the request is not to run."""
        variables = _variables(request.variables, self.limits.variables_bytes)
        role = principal.role
        document, may_look = self._persisted.document_of(request, role), role in self._services.policy.introspection
        prepared = self._documents.prepare(document, request.operation_name, hide_schema=not may_look)
        if prepared.introspects and not may_look:
            raise ApiError(ErrorCode.FORBIDDEN, f"introspection is off for keys of the role {role.word}, by a setting")
        cost = prepared.price.cost(variables)
        if cost > self.limits.cost:
            raise limit_error("cost", self.limits.cost, cost)
        self._rates.spend(principal.actor, cost)
        self._persisted.keep(request)
        return Ready(prepared, variables, bytes(request.variables))

    async def run(self, ready: Ready, principal: Principal) -> Answer:
        """The answer to a query or mutation; RequestRefused where its variables do not fit, ApiError where there is no room."""
        began, kind = time.perf_counter(), ready.prepared.kind.value
        context, begun = self.begin(ready, principal)
        complaint: Complaint | None = _LEFT
        with self._admission.enter(principal.actor), self._services.tracer.span(f"graphql {kind}") as span:
            try:
                answer = await self._timed(begun)
                complaint = complaint_of(answer)
                _tell(span, kind, complaint)
            finally:
                self._note(ready, principal, context, complaint)
        self.metrics.answered(kind, failed="errors" in answer, seconds=time.perf_counter() - began)
        return answer

    async def subscribe(self, ready: Ready, principal: Principal) -> tuple[Begun, AsyncGenerator[Any, None]]:
        """A subscription and its messages; RequestRefused where it is refused."""
        context, begun = self.begin(ready, principal)
        complaint: Complaint | None = _LEFT
        try:
            source = await begun.source()
            complaint = None
        except RequestRefused as refused:
            complaint = complaint_of({"errors": refused.errors})
            raise
        finally:
            self._note(ready, principal, context, complaint)
        return begun, source

    def refused(self, principal: Principal, error: ApiError) -> None:
        """Note that what somebody asked is not run, where that is by a limit or a right."""
        if error.code in {ErrorCode.FORBIDDEN, ErrorCode.LIMIT_EXCEEDED}:
            self._services.notes.note(refusal_of(principal.actor, principal.address, Action.READ, error))

    def begin(self, ready: Ready, principal: Principal) -> tuple[Context, Begun]:
        """RequestRefused where its variables do not fit."""
        context, hide_schema = Context(self._services, principal), principal.role not in self._services.policy.introspection
        return context, ready.prepared.plans.begin(context, ready.variables, hide_schema=hide_schema)

    def _note(self, ready: Ready, principal: Principal, context: Context, complaint: Complaint | None) -> None:
        for deed in changes_of(ready.prepared, ready.said, principal, context.made, complaint):
            self._services.notes.note(deed)

    async def _timed(self, begun: Begun) -> Answer:
        try:
            return await within(self.limits.operation_seconds, begun.answer())
        except TimeoutError:
            seconds = self.limits.operation_seconds
            return {"data": None, "errors": [limit_error("seconds", seconds, f"more than {seconds:g}").formatted]}


def _tell(span: Span, kind: str, complaint: Complaint | None) -> None:
    """What was refused with good reason is no failure of ours."""
    span.note(**{"graphql.operation.type": kind})
    if complaint is not None:
        code, _ = complaint
        span.note(code=code)
        if code == ErrorCode.INTERNAL.name:
            span.failed(code)


def refusal(error: Exception) -> Answer:
    """The answer to a request that did not run; what nobody expected is masked."""
    if isinstance(error, RequestRefused):
        return {"errors": list(error.errors)}
    return {"errors": [(error if isinstance(error, ApiError) else unexpected(error)).formatted]}


def _variables(raw: msgspec.Raw, limit: int) -> dict[str, Any]:
    size = len(bytes(raw))
    if size > limit:
        raise limit_error("bytes of variables", limit, size)
    try:
        return _read_variables(raw) or {}
    except (ValueError, RecursionError) as error:
        raise ApiError(ErrorCode.INVALID_INPUT, f"variables must be a JSON object: {error}") from error
