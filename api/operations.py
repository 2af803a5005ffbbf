"""Running operations over the compiled schema: what may run, for how long, and what its errors look like.

graphql-core executes. Strawberry's own way in is left aside: it parses and validates anew for every request.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Coroutine
from types import AsyncGeneratorType, CoroutineType
from typing import Any, TypeGuard

import msgspec
from graphql import ExecutionResult, GraphQLSchema
from graphql.execution import Executor, execute_root_selection_set

from api.admission import Admission
from api.auth import Principal
from api.context import Context
from api.documents import Documents, Prepared
from api.errors import ApiError, ErrorCode, RequestRefused, field_error, limit_error, request_error, unexpected
from api.metrics import ApiMetrics
from api.services import Services

Answer = dict[str, Any]


class Request(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A GraphQL request, whatever it came over. The variables are read once their size is known to be allowed."""

    query: str
    operation_name: str | None = None
    variables: msgspec.Raw = msgspec.Raw(b"null")
    extensions: dict[str, Any] | None = None

    def has_variables(self) -> bool:
        """Whether its variables are an object, or none, as far as their first byte tells."""
        return bytes(self.variables).lstrip()[:1] in {b"{", b"n"}


class Ready(msgspec.Struct, frozen=True):
    """A request that may run."""

    prepared: Prepared
    variables: dict[str, Any]


class Operations:
    """Runs the operations of everybody."""

    def __init__(self, services: Services, schema: GraphQLSchema, metrics: ApiMetrics) -> None:
        self.limits = services.limits
        self.metrics = metrics
        self._services = services
        self._schema = schema
        self._documents = Documents(schema, services.limits)
        self._admission = Admission("concurrent operations", services.limits.concurrent_operations)

    def prepare(self, request: Request) -> Ready:
        """ApiError or RequestRefused where the request is not to run."""
        variables = _variables(request.variables, self.limits.variables_bytes)
        prepared = self._documents.prepare(request.query, request.operation_name)
        cost = prepared.price.cost(variables)
        if cost > self.limits.cost:
            raise limit_error("cost", self.limits.cost, cost)
        return Ready(prepared, variables)

    async def run(self, ready: Ready, principal: Principal) -> Answer:
        """The answer to a query or mutation; RequestRefused where its variables do not fit, ApiError where there is no room."""
        began, kind = time.perf_counter(), ready.prepared.kind.value
        executor = self.executor(ready, principal)
        with self._admission.enter():
            answer = await self._timed(executor)
        self.metrics.answered(kind, failed="errors" in answer, seconds=time.perf_counter() - began)
        return answer

    def executor(self, ready: Ready, principal: Principal) -> Executor[Any]:
        """graphql-core's executor for a request."""
        built = Executor.build(
            self._schema,
            ready.prepared.document,
            context_value=Context(self._services, principal),
            raw_variable_values=ready.variables,
            operation_name=ready.prepared.operation_name,
            is_awaitable=is_coroutine,
            is_async_iterable=_is_async_generator,
        )
        if isinstance(built, list):
            raise RequestRefused([request_error(error) for error in built])
        return built

    async def _timed(self, executor: Executor[Any]) -> Answer:
        try:
            async with asyncio.timeout(self.limits.operation_seconds):
                result = execute_root_selection_set(executor)
                return to_answer(await result if is_coroutine(result) else result)
        except TimeoutError:
            seconds = self.limits.operation_seconds
            return {"data": None, "errors": [limit_error("seconds", seconds, f"more than {seconds:g}").formatted]}


def to_answer(result: Any) -> Answer:
    """An execution's result as it is sent."""
    assert isinstance(result, ExecutionResult)  # noqa: S101 - for the type checker
    if result.errors:
        return {"data": result.data, "errors": [field_error(error) for error in result.errors]}
    return {"data": result.data}


def refusal(error: Exception) -> Answer:
    """The answer to a request that did not run; what nobody expected is masked."""
    if isinstance(error, RequestRefused):
        return {"errors": list(error.errors)}
    return {"errors": [(error if isinstance(error, ApiError) else unexpected(error)).formatted]}


def is_coroutine(value: Any) -> TypeGuard[Coroutine[Any, Any, Any]]:
    """Nothing else that our resolvers return is to be awaited."""
    return type(value) is CoroutineType


def _is_async_generator(value: Any) -> TypeGuard[AsyncGenerator[Any, Any]]:
    return type(value) is AsyncGeneratorType


def _variables(raw: msgspec.Raw, limit: int) -> dict[str, Any]:
    size = len(bytes(raw))
    if size > limit:
        raise limit_error("bytes of variables", limit, size)
    try:
        return msgspec.json.decode(raw, type=dict[str, Any] | None) or {}
    except (ValueError, RecursionError) as error:
        raise ApiError(ErrorCode.INVALID_INPUT, f"variables must be a JSON object: {error}") from error
