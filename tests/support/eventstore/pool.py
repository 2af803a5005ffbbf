"""Doubles that a test leaves to the next, emptied: most of what a small test takes is the start of a process."""

import json
import subprocess
import sys
from typing import Final

from tests.support.eventstore.process import ROOT
from tests.support.eventstore.switch import Switch


class Server:
    """A process that belongs to no event loop. It ends with the process that started it."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "tests.support.eventstore", "--until-stdin-closes"]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT)
        assert self._process.stdout is not None
        ready = json.loads(self._process.stdout.readline())
        self.url = f"esdb://127.0.0.1:{ready['port']}?Tls=false"
        self.switch = Switch(ready["control"])


_IDLE: Final[list[Server]] = []


def take() -> Server:
    """An empty one."""
    return _IDLE.pop() if _IDLE else Server()


async def give_back(server: Server) -> None:
    await server.switch.empty()
    _IDLE.append(server)
