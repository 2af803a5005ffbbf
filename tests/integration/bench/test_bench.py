"""The benchmarks run, at sizes that measure nothing, and what they print is JSON that says what was compared with what."""

import json
import subprocess
import sys

import pytest

from tests.support.documents import ROOT
from tests.support.influx import need_binary


@pytest.mark.parametrize(
    "name",
    [
        "ingest",
        "tracing",
        "http_ingest",
        "rebuild",
        "rebuild_beside",
        "windows",
        "series",
        "late",
        "rules",
        "log_rates",
        pytest.param("influx", marks=pytest.mark.influxdb),
        "live",
        "requests",
        "page",
        "memory",
        "history_memory",
    ],
)
def test_each_benchmark_prints_json_lines(name: str) -> None:
    if name == "influx":
        need_binary()
    done = subprocess.run(
        [sys.executable, "-m", "bench", "--quick", name], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    figures = [line for line in lines if "metric" in line]
    assert figures
    if skipped := [line["skipped"] for line in figures if "skipped" in line]:
        pytest.skip(skipped[0])
    assert {line["bench"] for line in figures} == {name}
    for line in figures:
        assert line.keys() & {"ratio", "p99_ms", "growth_per_million_events", "loop_thread_by_room"}
