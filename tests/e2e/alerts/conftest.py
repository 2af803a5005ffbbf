"""The browser of the tests of the page."""

from tests.e2e.page.conftest import browser, page

__all__ = ["browser", "page"]
