"""Run the benchmarks, each in a process of its own: what one leaves behind is no other's start."""

import argparse
import json
import os
import subprocess
import sys

ALL = {
    "ingest": ["-m", "bench.ingest"],
    "tracing": ["-m", "bench.tracing"],
    "http_ingest": ["-m", "bench.http_ingest"],
    "rebuild": ["-m", "bench.rebuild"],
    "rebuild_beside": ["-m", "bench.rebuild_beside"],
    "windows": ["-m", "bench.windows"],
    "series": ["-m", "bench.series"],
    "late": ["-m", "bench.late"],
    "backtest": ["-m", "bench.backtest"],
    "rules": ["-m", "bench.rules"],
    "log_rates": ["-m", "bench.log_rates"],
    "eventstore": ["-m", "bench.eventstore"],
    "influx": ["-m", "bench.influx"],
    "live": ["-m", "bench.live"],
    "commands": ["-m", "bench.commands"],
    "subscribers": ["-m", "bench.subscribers"],
    "requests": ["-m", "bench.requests"],
    "bombs": ["-m", "bench.bombs"],
    "page": ["-m", "bench.page"],
    "memory": ["-m", "bench.memory"],
    "history_memory": ["-m", "bench.history_memory"],
}
QUICK = {
    "ingest": ["--messages", "2000", "--rounds", "1"],
    "tracing": ["--messages", "2000", "--rounds", "1"],
    "http_ingest": ["--messages", "2000", "--rounds", "1"],
    "rebuild": ["--events", "20000", "--rounds", "1"],
    "rebuild_beside": ["--events", "2000", "--rate", "100", "--seconds", "1"],
    "windows": ["--messages", "2000", "--rounds", "1"],
    "series": ["--days", "2", "--rounds", "1"],
    "late": ["--rows", "10000", "20000", "--rounds", "1"],
    "backtest": ["--rows", "20000", "--days", "2", "--devices", "2", "--rounds", "1"],
    "rules": ["--events", "2000", "--pairs", "1000", "--rounds", "1"],
    "log_rates": ["--events", "5000", "--rounds", "1"],
    "eventstore": ["--messages", "2000", "--rounds", "1"],
    "influx": ["--events", "2000", "--rounds", "1"],
    "live": ["--seconds", "3", "--rate", "200", "--without-node-red"],
    "commands": ["--commands", "500", "--rounds", "1", "--seconds", "1"],
    "subscribers": ["--subscribers", "50", "--readings", "100", "--rounds", "1"],
    "requests": ["--rounds", "1", "--seconds", "1"],
    "bombs": ["--rounds", "1", "--seconds", "0.5"],
    "page": ["--devices", "5", "--rounds", "1", "--seconds", "1"],
    "memory": ["--events", "2000", "4000"],
    "history_memory": ["--rows", "5000", "10000"],
}
"""Sizes that show that a benchmark runs, not what it measures."""


def main() -> int:
    """Run what is asked for; 1 where one of them did not run to its end."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[*ALL, []], help="which; all if none is named")
    parser.add_argument("--quick", action="store_true", help="small sizes, to see that they run")
    asked = parser.parse_args()
    failed = 0
    for name in asked.names or ALL:
        print(json.dumps({"bench": name, "load_average": os.getloadavg()[0], "cpus": os.cpu_count()}), flush=True)
        done = subprocess.run([sys.executable, *ALL[name], *(QUICK[name] if asked.quick else [])], check=False)
        if done.returncode:
            failed = 1
            print(json.dumps({"bench": name, "error": f"ended with exit code {done.returncode}"}), flush=True)
    return failed


if __name__ == "__main__":
    sys.exit(main())
