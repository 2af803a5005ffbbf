"""What was compiled, kept with its operation, and run for somebody."""

from collections import OrderedDict
from collections.abc import AsyncGenerator, Hashable
from typing import Any, Final, NamedTuple

from graphql import GraphQLError, Undefined
from graphql.execution.values import VariableValues, get_variable_values

from api.errors import RequestRefused, field_error, request_error
from api.execution.execution import Answer, Context, Execution, Operation, is_coroutine
from api.execution.plan import Plan

_KEPT_FIELDS: Final = 20_000
"""Some 30 MB of plans."""
_MAX_ERRORS: Final = 20


class Begun(NamedTuple):
    """An operation that may run for somebody: how, and what it leans on."""

    plan: Plan
    execution: Execution

    async def data(self) -> Any:
        """The data of the answer to a query or a mutation; its errors are in the execution."""
        try:
            data = self.plan.data(self.execution)
            return await data if is_coroutine(data) else data
        except GraphQLError as error:
            self.execution.tell(error, None)
            return None
        finally:
            self.execution.close()

    async def answer(self) -> Answer:
        """The answer to a query or a mutation."""
        return self.execution.answer(await self.data())

    async def source(self) -> AsyncGenerator[Any, None]:
        """The messages of a subscription; RequestRefused where it is refused."""
        try:
            source = await self.plan.source(self.execution)
        except GraphQLError as error:
            raise RequestRefused([field_error(error)]) from error
        assert isinstance(source, AsyncGenerator)  # noqa: S101 - for the type checker
        return source

    def answer_to(self, message: object) -> Answer:
        """The answer that a short message of a subscription makes. No field below one waits for anything, so it is one step."""
        execution = self.execution.of(message)
        try:
            return execution.answer(self.plan.data(execution))
        except GraphQLError as error:
            execution.tell(error, None)
            return execution.answer(None)

    async def long_answer_to(self, message: object) -> Answer:
        """The same of a message that may hold long lists: others have their turn meanwhile."""
        return await Begun(self.plan, self.execution.of(message)).answer()


class KeptPlans:
    """The plans last used of all operations: so many that their fields together are no more than `fields`."""

    def __init__(self, fields: int = _KEPT_FIELDS) -> None:
        self._room = fields
        self._kept: OrderedDict[Hashable, tuple[Plan, int]] = OrderedDict()

    def get(self, key: Hashable) -> Plan | None:
        if (kept := self._kept.get(key)) is None:
            return None
        self._kept.move_to_end(key)
        return kept[0]

    def keep(self, key: Hashable, plan: Plan, fields: int) -> None:
        """Keep a plan of so many fields. Those that were not used for longest give way."""
        self._kept[key] = plan, fields
        self._room -= fields
        while self._room < 0:
            _, (_, gone) = self._kept.popitem(last=False)
            self._room += gone


class Plans:
    """The plans of one operation of so many fields: one for each choice among these by @skip and @include."""

    def __init__(self, operation: Operation, deciding: tuple[str, ...], fields: int, kept: KeptPlans) -> None:
        self._operation = operation
        self._deciding = deciding
        self._fields = fields
        self._kept = kept

    def begin(self, context: Context, given: dict[str, Any], *, hide_schema: bool = False) -> Begun:
        """An execution for somebody, with the variables as they were given; RequestRefused where these do not fit.

        `hide_schema` keeps names of the schema out of what is said of variables.
        """
        operation = self._operation
        said = operation.node.variable_definitions or ()
        variables = get_variable_values(operation.schema, said, given, _MAX_ERRORS, hide_suggestions=hide_schema)
        if isinstance(variables, list):
            raise RequestRefused([request_error(error) for error in variables])
        return Begun(self._plan(variables), Execution(operation, context, variables))

    def _plan(self, variables: VariableValues) -> Plan:
        choice = tuple(variables.coerced.get(name, Undefined) for name in self._deciding)
        plan = self._kept.get((self, choice))
        if plan is None:
            decided = {name: value for name, value in zip(self._deciding, choice, strict=True) if value is not Undefined}
            plan = Plan(self._operation, VariableValues({}, decided))
            self._kept.keep((self, choice), plan, self._fields)
        return plan
