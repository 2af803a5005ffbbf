"""What the documents show exists: GraphQL that fits the schema, links that lead somewhere, targets that make knows."""

import re
from pathlib import Path

import pytest
from graphql import parse, validate

from api.schema import build_schema
from tests.support.documents import ROOT, blocks, documents

LINK = re.compile(r"\]\((?!https?:|#)([^)#]+)")
SHOWN = [(document, text) for document in documents() for text in blocks(document, "graphql")]


@pytest.mark.parametrize(("document", "text"), SHOWN, ids=lambda value: value.name if isinstance(value, Path) else "")
def test_graphql_in_the_documents_fits_the_schema(document: Path, text: str) -> None:
    assert validate(build_schema(), parse(text)) == [], document


@pytest.mark.parametrize("document", documents(), ids=lambda document: document.name)
def test_links_in_the_documents_lead_somewhere(document: Path) -> None:
    targets = LINK.findall(document.read_text(encoding="utf-8"))
    assert [target for target in targets if not (document.parent / target).exists()] == []


def test_make_knows_the_targets_that_the_documents_name() -> None:
    known = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {
        word
        for document in documents()
        for text in blocks(document, "sh")
        for word in re.findall(r"^make ([\w-]+)", text, re.MULTILINE)
    }
    assert named <= known
    assert {"demo", "test"} <= named
