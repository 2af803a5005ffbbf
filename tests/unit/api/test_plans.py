"""What a compiled operation answers is what graphql-core answers: the data, what is null in it, and each error."""

import asyncio
import gc
from collections.abc import AsyncIterator, Iterator
from random import Random
from typing import Any, Final, cast

import pytest
from graphql import (
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    get_introspection_query,
    parse,
    validate,
)
from graphql.language import DocumentNode, FragmentDefinitionNode
from hypothesis import HealthCheck, Phase, assume, example, given, settings
from hypothesis import strategies as st

from api.auth import Authenticator
from api.context import Context
from api.execution.budget import Budget
from api.execution.execution import Operation, keys
from api.execution.plan import Plan
from api.execution.plans import Begun, KeptPlans, Plans
from api.execution.variables import deciding_variables
from api.roles import Role
from api.schema import build_schema
from api.sessions import SessionSigner
from tests.support.any_operation import any_operation
from tests.support.api import House
from tests.support.house_events import reading
from tests.support.possible_errors import Lenient, Place, Possible, run, told
from tests.support.random_documents import Author
from tests.support.random_world import world

QUIET = settings(max_examples=60, suppress_health_check=list(HealthCheck))
BY_SEED = settings(QUIET, phases=[Phase.explicit, Phase.reuse, Phase.generate])
"""A smaller seed is no simpler case."""
SEEDS = st.integers(0, 10**9)
WORLD: Final = world()
LENIENT: Final = Lenient(world())
OURS: Final = build_schema()
Told = tuple[Any, list[tuple[Any, ...]]]


class Chance:
    """A context that says how much is to fail and to wait."""

    def __init__(self, seed: int, failing: float, waiting: float) -> None:
        self.seed, self.failing, self.waiting = seed, failing, waiting
        self.items = Budget("items", 100_000)


def plans(schema: GraphQLSchema, document: DocumentNode) -> Plans:
    fragments = {node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)}
    (operation,) = (node for node in document.definitions if isinstance(node, OperationDefinitionNode))
    return Plans(Operation(schema, operation, fragments), deciding_variables(document, operation), 1, KeptPlans())


def is_query(document: DocumentNode) -> bool:
    return all(getattr(node, "operation", OperationType.QUERY) is OperationType.QUERY for node in document.definitions)


async def compiled(begun: Begun) -> Told:
    return await begun.data(), _told(begun.execution.errors)


async def answers(seed: int, failing: float, waiting: float) -> AsyncIterator[tuple[Told, Told, Possible]]:
    """What both answer to a document by chance, three times over, with other variables and other things that fail.

    And which errors they may tell of.
    """
    rng = Random(seed)
    document = parse(Author(rng).document(rng.choice(["query", "query", "mutation"])))
    assume(not validate(WORLD, document))
    made = plans(WORLD, document)
    for number in range(3):
        variables = {"yes": rng.random() < 0.5, "many": rng.choice([None, [], [1, 2]])} | ({"x": 8} if number else {})
        theirs = await executed(WORLD, document, Chance(seed + number, failing, waiting), variables)
        ours = await compiled(made.begin(Chance(seed + number, failing, waiting), variables))
        yield theirs, ours, await LENIENT.possible(document, Chance(seed + number, failing, waiting), variables)


async def executed(schema: GraphQLSchema, document: DocumentNode, context: Any, variables: dict[str, Any]) -> Told:
    result = await run(schema, document, context, variables)
    return result.data, _told(result.errors or [])


def _told(errors: list[GraphQLError]) -> list[tuple[Any, ...]]:
    """Errors of fields that do not depend on each other have no order."""
    return sorted(map(told, errors))


def outermost(nulls: set[Place]) -> set[Place]:
    """Those in none of the others."""
    return {place for place in nulls if not any(place[:length] in nulls for length in range(len(place)))}


@BY_SEED
@given(seed=SEEDS, failing=st.sampled_from([0.0, 0.02, 0.2]))
async def test_whatever_fails_or_is_missing_the_answer_is_the_same(seed: int, failing: float) -> None:
    async for theirs, ours, possible in answers(seed, failing, 0):
        assert ours == theirs
        assert set(theirs[1]) <= possible.keys()


@pytest.fixture
def swept() -> Iterator[None]:
    """What graphql-core leaves goes here, where it is expected, and not in whichever test comes next."""
    yield
    gc.collect()


@pytest.mark.usefixtures("swept")
@pytest.mark.filterwarnings("ignore:coroutine:RuntimeWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
@BY_SEED
@given(seed=SEEDS, failing=st.sampled_from([0.0, 0.02, 0.2]))
@example(seed=812, failing=0.0)
async def test_whatever_waits_the_data_is_the_same_and_each_null_has_one_error_that_made_it_so(
    seed: int, failing: float
) -> None:
    """graphql-core lets go on what nobody waits for any more, or leaves it, and tells of what it has met by then."""
    async for theirs, ours, possible in answers(seed, failing, 0.3):
        assert ours[0] == theirs[0]
        assert set(ours[1]) | set(theirs[1]) <= possible.keys()
        nulls = [possible[error] for error in ours[1]]
        assert len(nulls) == len(set(nulls))
        assert outermost(set(nulls)) == outermost(set(possible.values()))


@BY_SEED
@given(seed=SEEDS)
async def test_nothing_that_was_begun_is_left(seed: int) -> None:
    document = parse(Author(Random(seed)).document("query"))
    assume(not validate(WORLD, document))
    begun = plans(WORLD, document).begin(Chance(seed, 0.2, 0.5), {"yes": True})
    await begun.data()
    assert asyncio.all_tasks() == {asyncio.current_task()}
    del begun
    gc.collect()  # a coroutine that nobody awaited or closed says so, which fails the test


@QUIET
@given(query=any_operation())
async def test_our_own_schema_answers_the_same(house: House, query: str) -> None:
    document, services = parse(query), house.services
    assume(is_query(document))
    if services.latest.device("device-0") is None:
        await house.says([reading(f"device-{number}", number, temperature=20.0, humidity=50.0) for number in range(3)])
    principal = Authenticator(services.accounts, SessionSigner(b""), services.clock).key(house.keys[Role.ADMIN])
    expected = await executed(OURS, document, Context(services, principal), {})
    begun = plans(OURS, document).begin(Context(services, principal), {})
    assert await compiled(begun) == expected


def test_of_what_is_null_already_nothing_more_is_told() -> None:
    document = parse("{ thing { text } either { __typename } }")
    execution = plans(WORLD, document).begin(Chance(0, 0, 0), {}).execution
    above, beside = (None, "thing"), (None, "either")
    for place in (above, above, (above, "text"), ((above, "things"), 0), beside):
        execution.tell(GraphQLError(repr(keys(place))), place)
    assert [error.message for error in execution.errors] == ["['thing']", "['either']"]
    execution.tell(GraphQLError("all of it"), None)
    execution.tell(GraphQLError("below"), (None, "text"))
    assert execution.errors[2:] == [GraphQLError("all of it")]


async def test_introspection_is_answered_the_same() -> None:
    document = parse(get_introspection_query())
    begun = plans(OURS, document).begin(Chance(0, 0, 0), {})
    assert await compiled(begun) == await executed(OURS, document, Chance(0, 0, 0), {})


async def test_operations_of_one_document_may_name_other_things_alike(house: House) -> None:
    text = "query A($x: Boolean!) { sites @skip(if: $x) { id } } query B($x: [ID!]!) { nodes(ids: $x) { nodeId } }"
    async with house.client() as client:
        asked = {"query": text, "operationName": "B", "variables": {"x": []}}
        assert (await client.post("/graphql", json=asked)).json() == {"data": {"nodes": []}}


def test_plans_that_were_not_used_for_longest_give_way() -> None:
    kept, plan = KeptPlans(fields=10), cast("Plan", object())
    for name in ("one", "two"):
        kept.keep(name, plan, 5)
    assert kept.get("one") is plan
    kept.keep("three", plan, 5)
    assert [kept.get(name) is plan for name in ("one", "two", "three")] == [True, False, True]
