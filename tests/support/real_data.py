"""Real input: records of real greenhouses, which stay where they are."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MAPPINGS = ROOT / "tests" / "mappings"


def real_data(name: str) -> Path:
    """The folder of that name, beside the checkout or where GLASSHOUSE_TEST_DATA says; skips the test where it is not."""
    folder = Path(os.environ.get("GLASSHOUSE_TEST_DATA") or ROOT.parent / "shared" / "data") / name
    if not folder.is_dir():
        pytest.skip(f"the real data are not here: there is no folder {folder}; name their folder by GLASSHOUSE_TEST_DATA")
    return folder
