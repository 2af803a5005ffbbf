"""The example of the documentation does what the documentation says."""

from pathlib import Path

from glasshouse.importer.load import load_mapping
from glasshouse.importer.pipeline_sink import pipeline_sink
from glasshouse.importer.run import run_import
from tests.support.fake_log import FakeLog
from tests.support.importer import readings

EXAMPLES = Path(__file__).parents[3] / "docs" / "examples"


async def test_the_example_of_the_documentation_imports_its_doubled_hour_once_each() -> None:
    log = FakeLog()
    async with pipeline_sink(log) as sink:
        report = await run_import([EXAMPLES / "logger.csv"], load_mapping(EXAMPLES / "logger.toml"), sink)
    tally = report.total.readings
    assert (tally.read, tally.stored, tally.duplicates, tally.dead_letters) == (19, 18, 1, 0)
    times = [reading.timestamp for reading in await readings(log)]
    assert times == sorted(set(times))
