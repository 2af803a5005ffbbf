"""kill -9 the simulator: every line of its ledger can be read, and its devices are said to be offline."""

import asyncio
import signal
import subprocess
import sys
import time
from pathlib import Path
from random import Random

from adapters.mqtt.broker import start_broker
from adapters.mqtt.message import Message
from adapters.mqtt.session import Session
from glasshouse.simulator.ledger import Ledger, read_ledger

ROOT = Path(__file__).parents[3]
WRITER = """
import asyncio, sys
from pathlib import Path
from glasshouse.simulator.ledger import Ledger, Line

async def main():
    ledger = Ledger(Path(sys.argv[1]))
    flushing = asyncio.create_task(ledger.run())
    sequence = ledger.sequences.get("d", 0)
    while True:
        lines = [Line(device="d", sequence=sequence + n, sent=1) for n in range(1, 200)]
        entries = await ledger.begin(lines)
        sequence += len(lines)
        print(sequence, flush=True)
        for entry in entries:
            entry.line.pubacked = entry.line.receipted = 1_760_000_000_000
            entry.line.event_id = "00000000-0000-8000-8000-000000000001"
            ledger.changed(entry)
        await ledger.flush()

asyncio.run(main())
"""
HOUSE = """
import asyncio, sys
from pathlib import Path
from glasshouse.simulator.options import SimulationOptions
from glasshouse.simulator.run import run_simulation

asyncio.run(run_simulation(SimulationOptions(mqtt=sys.argv[1], ledger=Path(sys.argv[2]), devices=2, rate=20)))
"""


def test_a_killed_writer_leaves_whole_lines_and_all_that_it_was_told_to_be_durable(tmp_path: Path) -> None:
    path, told, rng = tmp_path / "ledger.jsonl", 0, Random(4)
    for _ in range(6):
        with subprocess.Popen([sys.executable, "-c", WRITER, path], cwd=ROOT, stdout=subprocess.PIPE, text=True) as writer:
            assert writer.stdout is not None
            told = int(writer.stdout.readline())
            # A random moment is the point here.
            time.sleep(rng.uniform(0, 0.05))
            writer.send_signal(signal.SIGKILL)
            told = max([told, *(int(line) for line in writer.stdout if line.endswith("\n"))])
        sequences = [line.sequence for line in read_ledger(path)]
        assert sequences == list(range(1, len(sequences) + 1))
        assert len(sequences) >= told
    assert Ledger(path).sequences == {"d": len(sequences)}


async def test_a_killed_house_is_offline_by_its_last_will(tmp_path: Path) -> None:
    broker = await start_broker(tmp_path / "broker", "127.0.0.1", 0)
    said: asyncio.Queue[tuple[str, bytes]] = asyncio.Queue()

    def hear(message: Message) -> None:
        said.put_nowait((message.topic.split("/")[2], message.payload))

    session = Session(broker.address, client_id="listener", filters=["glasshouse/+/+/status"], handler=hear)
    try:
        async with session:
            house = await asyncio.create_subprocess_exec(
                sys.executable,
                "-c",
                HOUSE,
                str(broker.address),
                str(tmp_path / "ledger.jsonl"),
                cwd=ROOT,
                stdout=asyncio.subprocess.DEVNULL,
            )
            online = {(await said.get())[0] for _ in range(2)}
            house.kill()
            await house.wait()
            offline = {await said.get() for _ in range(2)}
    finally:
        await broker.stop()
    assert offline == {(device, b'{"status":"offline"}') for device in online}
    assert all(line.sent is not None or line.fault == "dropped" for line in read_ledger(tmp_path / "ledger.jsonl"))
