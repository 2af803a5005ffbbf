"""The reference page of the schema is the one that the schema makes, and its links lead somewhere."""

import re

from api.reference import reference
from api.schema import build_schema
from tests.support.documents import ROOT

PAGE = ROOT / "docs" / "reference" / "schema.md"


def test_the_page_is_up_to_date() -> None:
    assert reference() == PAGE.read_text(), "the schema changed: `python -m api.reference > docs/reference/schema.md`"


def test_every_type_is_told_under_a_heading_of_its_own_and_every_link_leads_to_one() -> None:
    headings = re.findall(r"^#+ (.*)$", PAGE.read_text(), re.MULTILINE)
    anchors = [re.sub(r"[^a-z0-9-]", "", heading.lower().replace(" ", "-")) for heading in headings]
    links = set(re.findall(r"\]\(#([^)]+)\)", PAGE.read_text()))
    own = {name for name in build_schema().type_map if not name.startswith("__")}
    assert own - set(headings) == {"Boolean", "Float", "ID", "Int", "String"}
    assert links - set(anchors) == set()
    assert {link for link in links if anchors.count(link) > 1} == set()
