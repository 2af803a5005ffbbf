"""The page's GraphQL documents against the schema that is served."""

from graphql import parse, validate
from playwright.sync_api import Page

from api.schema import build_schema
from tests.support.page import ORIGIN, StagedHouse

DOCUMENTS = """async () => {
  const exported = await import("/static/queries.js");
  return Object.fromEntries(Object.entries(exported).filter(([, value]) => typeof value === "string"));
}"""


def test_every_document_of_the_page_is_valid_in_the_schema(page: Page, house: StagedHouse) -> None:
    house.logged_in = False
    page.goto(f"{ORIGIN}/")
    documents = page.evaluate(DOCUMENTS)
    schema = build_schema()
    wrong = {name: errors for name, text in documents.items() if (errors := validate(schema, parse(text)))}
    assert len(documents) >= 5
    assert wrong == {}
