"""Counting tokens: as the parser counts them, and in a time that grows no faster than the document."""

from graphql import Lexer, Source, TokenKind, get_introspection_query
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.execution.tokens import has_more
from tests.support.any_operation import any_operation

QUIET = settings(max_examples=60, suppress_health_check=list(HealthCheck))
ODD = [
    get_introspection_query(),
    (
        '{ a(b: """block " quote "" two \\""" three""", c: "x \\" y # no comment", d: -1.5e+3) ...f @x } # comment "\n'
        "fragment f on A { b }"
    ),
    '{ a(b: """"quoted" """) }',
    '{ a(b: """""", c: "") }',
]


def count(document: str) -> int:
    """As graphql-core's lexer has it, comments aside."""
    lexer, found = Lexer(Source(document)), 0
    while lexer.advance().kind is not TokenKind.EOF:
        found += 1
    return found


def holds(document: str) -> None:
    tokens = count(document)
    assert has_more(document, tokens - 1)
    assert not has_more(document, tokens)


@QUIET
@given(any_operation())
def test_it_counts_as_the_parser_does(document: str) -> None:
    holds(document)


@QUIET
@given(st.text(st.sampled_from('ab"\\ #{}')).map(lambda text: '{ a(b: "' + text.replace("\\", "").replace('"', "") + '") }'))
def test_it_counts_strings_as_one(document: str) -> None:
    holds(document)


def test_it_counts_strings_and_comments_as_the_parser_does() -> None:
    for document in ODD:
        holds(document)


def test_what_is_never_ended_is_gone_over_once() -> None:
    for hostile in ('"""', '"\\"', '\\"""', '"', '""" \\"" "', "#", "1e", '"\\', "..", "-"):
        assert has_more(hostile * 40_000 + " a" * 10, 10**9) is False
