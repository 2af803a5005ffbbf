"""From an object to what is answered for one of its fields: functions that plans are made of."""

from collections.abc import Callable
from types import CoroutineType
from typing import Any, TypeAlias

from graphql import GraphQLArgument, GraphQLError, GraphQLField, Undefined, is_required_argument
from graphql.execution.values import get_argument_values

from api.execution.completing import Complete, guarded
from api.execution.execution import Asked, Execution, Place
from api.execution.variables import variables_in
from api.shortcuts import Plain

Resolve: TypeAlias = Callable[[Any, Place, Execution], Any]


def resolver_of(asked: Asked, resolve: Callable[..., Any] | None) -> Resolve:
    """A resolver, given its arguments: those without variables are read once."""
    assert resolve is not None, "Strawberry gives every field a resolver"  # noqa: S101 - for the type checker
    of = resolve.of if isinstance(resolve, Plain) else None
    arguments = None if variables_in(asked.nodes[0].arguments or ()) else _constant(asked)
    said = _said(asked)

    def resolved(source: Any, place: Place, execution: Execution) -> Any:
        given = arguments
        if given is None:
            given = get_argument_values(said, asked.nodes[0], execution.variables)
        return of(source, **given) if of is not None else resolve(source, execution.info(asked, place), **given)

    return resolved


def _said(asked: Asked) -> GraphQLField:
    """The field without those of its arguments of which nothing comes: they are neither given, nor have a default."""
    given = {node.name.value for node in asked.nodes[0].arguments or ()}
    known = asked.definition.args.items()
    counting = {name: one for name, one in known if name in given or is_required_argument(one) or _has_default(one)}
    return GraphQLField(asked.definition.type, counting)


def _has_default(argument: GraphQLArgument) -> bool:
    return argument.default is not None or argument.default_value is not Undefined


def _constant(asked: Asked) -> dict[str, Any] | None:
    """None where the arguments are wrong, which is then told each time."""
    try:
        return get_argument_values(asked.definition, asked.nodes[0])
    except GraphQLError:
        return None


def plain_leaf(asked: Asked, name: str, of: Callable[[Any], Any], native: type, complete: Callable[[Any], Any]) -> Complete:
    """A scalar or enum that needs its object alone."""
    required = asked.missing is not None

    def value_of(source: Any, place: Place, execution: Execution) -> Any:
        try:
            value = of(source)
            return value if type(value) is native else complete(value)
        except Exception as error:  # noqa: BLE001 - it is told in the answer
            return execution.failed(error, asked.nodes, (place, name), required=required)

    return value_of


def any_field(asked: Asked, name: str, resolve: Resolve, complete: Complete) -> Complete:
    """Any field: whatever it leads to, and whatever it waits for."""
    nodes, required = asked.nodes, asked.missing is not None

    async def later(value: Any, place: Place, execution: Execution) -> Any:
        done = complete(await value, place, execution)
        return await done if type(done) is CoroutineType else done

    def value_of(source: Any, place: Place, execution: Execution) -> Any:
        here = (place, name)
        try:
            value = resolve(source, here, execution)
            if type(value) is CoroutineType:
                done = execution.begun(later(execution.begun(value), here, execution))
            else:
                done = complete(value, here, execution)
        except Exception as error:  # noqa: BLE001 - it is told in the answer
            return execution.failed(error, nodes, here, required=required)
        if type(done) is CoroutineType:
            return execution.begun(guarded(done, nodes, here, execution, required=required))
        return done

    return value_of
