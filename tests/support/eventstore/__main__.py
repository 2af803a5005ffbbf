"""`python -m tests.support.eventstore`: the double as a process of its own."""

import argparse
import asyncio
import signal
import sys
from pathlib import Path

import uvloop

from tests.support.eventstore.server import Server, Settings


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.support.eventstore", description=__doc__)
    add = parser.add_argument
    add("--host", default="127.0.0.1")
    add("--port", type=int, default=0, help="0: a free one")
    add("--control", type=int, default=0, help="port of the fault switch; 0: a free one")
    add("--journal", type=Path, help="a file that keeps the events over a kill")
    add("--latency-ms", type=float, default=0.0, help="about how long an append takes")
    add("--largest-append", type=int, default=Settings.largest_append, metavar="BYTES")
    add("--recent-ids", type=int, default=Settings.recent_ids, metavar="N", help="event ids that it remembers")
    add("--stats-seconds", type=float, default=Settings.stats_seconds, help="between two of its own events")
    add("--version", default=Settings.version, help="what it says that it is")
    add("--user")
    add("--password")
    add("--cert", dest="certificate", type=Path)
    add("--key", type=Path)
    add("--role", choices=("leader", "follower"), default="leader")
    add("--leader", metavar="HOST:PORT", help="who leads; of a leader, its own address")
    add("--members", type=lambda text: tuple(text.split(",")), default=(), metavar="HOST:PORT,...")
    add("--until-stdin-closes", action="store_true", help="end with the process that started it")
    arguments = vars(parser.parse_args())
    tied = arguments.pop("until_stdin_closes")
    uvloop.run(_run(Settings(**arguments), tied=tied))


async def _run(settings: Settings, *, tied: bool) -> None:
    end, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, end.set)
    if tied:
        loop.add_reader(sys.stdin.fileno(), end.set)
    await Server(settings).run(end)


if __name__ == "__main__":
    main()
