"""What the tests of the composition root share."""

import logging
from collections.abc import Iterator

import pytest
import structlog


@pytest.fixture
def logs_as_before() -> Iterator[None]:
    """Whoever sets up logging in this process leaves it as it was."""
    structured, root = structlog.get_config(), logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    structlog.configure(**structured)
    root.handlers[:] = handlers
    root.setLevel(level)
