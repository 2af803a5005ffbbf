"""From what a resolver returned to what is answered: functions that plans are made of.

Each is given a value, its place in the answer and the execution, and gives what is answered for it, or a coroutine that will.
`missing` names the field where null is not allowed.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from operator import attrgetter
from types import CoroutineType
from typing import Any, Final, NamedTuple, TypeAlias

from graphql import FieldNode

from api.execution.execution import Execution, Place
from api.execution.leaves import null

Complete: TypeAlias = Callable[[Any, Place, Execution], Any]
Choose: TypeAlias = Callable[[Any, Place, Execution], Complete]
_SHORT: Final = 20
"""A list of objects up to this long is done in one go."""
_TURN: Final = 10


class Leaf(NamedTuple):
    """A scalar or an enum that is an attribute. Values of the type `native` go out as they are, others as `complete` says."""

    attribute: str
    native: type
    complete: Callable[[Any], Any]


class Part(NamedTuple):
    """A field of an object: the name that it is asked under, what gives its value, and what else is known of it."""

    name: str
    value_of: Complete
    leaf: Leaf | None = None


def chosen(choose: Choose, missing: str | None) -> Complete:
    """An object of one of several types: `choose` says which of its fields are asked for. An exception is told in its place."""

    def complete(value: Any, place: Place, execution: Execution) -> Any:
        if isinstance(value, Exception):
            raise value
        return null(missing) if value is None else choose(value, place, execution)(value, place, execution)

    return complete


def listed(
    complete_item: Complete, nodes: list[FieldNode], missing: str | None, *, of_objects: bool, items_required: bool
) -> Complete:
    """A list. In a long one of objects, whoever else waits for the event loop has a turn after every few items."""

    def item_of(item: Any, place: Place, execution: Execution) -> Any:
        try:
            done = complete_item(item, place, execution)
        except Exception as error:  # noqa: BLE001 - it is told in the answer
            return execution.failed(error, nodes, place, required=items_required)
        if type(done) is CoroutineType:
            return execution.begun(guarded(done, nodes, place, execution, required=items_required))
        return done

    async def in_turns(items: Sequence[Any], place: Place, execution: Execution) -> Any:
        answer: list[Any] = []
        for number, item in enumerate(items):
            answer.append(item_of(item, (place, number), execution))
            if number % _TURN == _TURN - 1:
                await asyncio.sleep(0)
        return await _joined(answer, enumerate(answer)) if _waits(answer) else answer

    def complete(items: Any, place: Place, execution: Execution) -> Any:
        if items is None:
            return null(missing)
        if of_objects and len(items) > _SHORT:
            execution.context.items.spend(len(items))
            return execution.begun(in_turns(items, place, execution))
        answer = [item_of(item, (place, number), execution) for number, item in enumerate(items)]
        return execution.begun(_joined(answer, enumerate(answer))) if _waits(answer) else answer

    return complete


def selected(parts: Sequence[Part]) -> Complete:
    """The fields of an object."""
    leaves = [(part.name, part.leaf) for part in parts if part.leaf is not None]
    if len(leaves) == len(parts) > 1:
        return _all_leaves(parts, leaves)
    fields = [(part.name, part.value_of) for part in parts]

    def complete(source: Any, place: Place, execution: Execution) -> Any:
        answer = {name: value_of(source, place, execution) for name, value_of in fields}
        return execution.begun(_joined(answer, answer.items())) if _waits(answer.values()) else answer

    return complete


def _all_leaves(parts: Sequence[Part], leaves: Sequence[tuple[str, Leaf]]) -> Complete:
    """Fields that are attributes of their object, looked up all at once. Where one fails, each is asked again for itself."""
    look_up = attrgetter(*(leaf.attribute for _, leaf in leaves))
    ways = [(name, leaf.native, leaf.complete) for name, leaf in leaves]

    def complete(source: Any, place: Place, execution: Execution) -> Any:
        try:
            return {
                name: value if type(value) is native else finish(value)
                for (name, native, finish), value in zip(ways, look_up(source), strict=True)
            }
        except Exception:  # noqa: BLE001 - it comes again, and is told in the answer
            return {part.name: part.value_of(source, place, execution) for part in parts}

    return complete


def in_turn(parts: Sequence[Part]) -> Complete:
    """The fields of an object one after the other: none begins before the one before it is done."""

    async def complete(source: Any, place: Place, execution: Execution) -> Any:
        answer = {}
        for part in parts:
            done = part.value_of(source, place, execution)
            answer[part.name] = await done if type(done) is CoroutineType else done
        return answer

    return complete


async def guarded(done: Any, nodes: list[FieldNode], place: Place, execution: Execution, *, required: bool) -> Any:
    """What is waited for, or null and an error."""
    try:
        return await done
    except Exception as error:  # noqa: BLE001 - it is told in the answer
        return execution.failed(error, nodes, place, required=required)


def _waits(parts: Iterable[object]) -> bool:
    """Whether any of them is still to come."""
    return CoroutineType in map(type, parts)


async def _joined(answer: Any, parts: Iterable[tuple[Any, object]]) -> Any:
    """The answer, once those of its parts are there that are still to come. Where one of them fails the others are ended."""
    waiting = [key for key, done in parts if type(done) is CoroutineType]
    if len(waiting) == 1:
        answer[waiting[0]] = await answer[waiting[0]]
        return answer
    tasks = [asyncio.create_task(answer[key], name=f"field {key}") for key in waiting]
    try:
        answers = await asyncio.gather(*tasks)
    except BaseException:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        raise
    for key, done in zip(waiting, answers, strict=True):
        answer[key] = done
    return answer
