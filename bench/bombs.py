"""Queries that are made to hurt: what each costs to refuse, against a trivial query; and what others notice meanwhile.

    python -m bench.bombs [--rounds 30] [--seconds 5]

Against an `up` of its own. Each bomb is sent over a connection that is kept, as the trivial query is; a ratio is that of
medians. Then others ask for the latest state of a device for some seconds, alone, and again while all bombs are sent in turn
without a pause.
"""

import argparse
import asyncio
import json
import time
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from typing import Any, Final

import httpx

from bench.live import up
from glasshouse.logs import configure_logs
from glasshouse.loops import run

OTHERS: Final = 4
SLOWEST: Final = 10.0
NOTICED: Final = 2.0
TRIVIAL: Final = "{ projections { name } }"
LATEST: Final = '{ device(id: "climate-1") { id latest { metric value timestamp } } }'


def query(text: str) -> bytes:
    return json.dumps({"query": text}).encode()


def deep(levels: int) -> str:
    return "{ devices { nodes " + "{ latest " * levels + "{ metric }" + " }" * levels + " } }"


BOMBS: Final[dict[str, bytes]] = {
    "deep": query(deep(400)),
    "wide": query("{ " + "projections { name } " * 5_000 + "}"),
    "aliased": query("{ " + " ".join(f"a{number}: projections {{ name }}" for number in range(3_000)) + " }"),
    "a million": query("{ devices(first: 1000000) { nodes { id } } }"),
    "fragments": query(
        "{ ...f0 } "
        + " ".join(f"fragment f{number} on Query {{ ...f{number + 1} }}" for number in range(1_000))
        + " fragment f1000 on Query { projections { name } }"
    ),
    "fragments that double": query(
        "{ ...f0 } "
        + " ".join(f"fragment f{number} on Query {{ ...f{number + 1} ...f{number + 1} }}" for number in range(30))
        + " fragment f30 on Query { projections { name } }"
    ),
    "circular": query("{ ...a } fragment a on Query { ...b } fragment b on Query { ...a }"),
    "directives": query("{ projections " + "@include(if: true) " * 1_000 + "{ name } }"),
    "10 MB": query("{ projections { name } }" + " " * 10_000_000),
    "deep JSON": b'{"query": "{ projections { name } }", "variables": {"a": ' + b"[" * 50_000 + b"]" * 50_000 + b"}}",
    "bad UTF-8": b'{"query": "\xff\xfe"}',
    "1": b"1",
    "[]": b"[]",
}


async def send(client: httpx.AsyncClient, body: bytes) -> tuple[float, int]:
    """How long until it was answered, and with which status."""
    began = time.perf_counter()
    response = await client.post("/graphql", content=body)
    return time.perf_counter() - began, response.status_code


async def costs(client: httpx.AsyncClient, rounds: int) -> dict[str, dict[str, Any]]:
    """Of each bomb: how long it takes to refuse, and that over the time of a trivial query in the same round."""
    found: dict[str, list[float]] = {name: [] for name in ("trivial", *BOMBS)}
    statuses: dict[str, int] = {}
    for _ in range(rounds):
        for name, body in {"trivial": query(TRIVIAL), **BOMBS}.items():
            took, statuses[name] = await send(client, body)
            found[name].append(took)
    trivial = median(found["trivial"])
    return {
        name: {"ms": round(median(taken) * 1e3, 2), "ratio": round(median(taken) / trivial, 2), "status": statuses[name]}
        for name, taken in found.items()
    }


async def ask(client: httpx.AsyncClient, until: float, taken: list[float]) -> None:
    while time.perf_counter() < until:
        taken.append((await send(client, query(LATEST)))[0])
        await asyncio.sleep(0.01)


async def bomb(client: httpx.AsyncClient, until: float) -> None:
    while time.perf_counter() < until:
        for body in BOMBS.values():
            await send(client, body)


async def p99(client: httpx.AsyncClient, bomber: httpx.AsyncClient | None, seconds: float) -> float:
    """Of the others' answers, in milliseconds."""
    until, taken = time.perf_counter() + seconds, list[float]()
    async with asyncio.TaskGroup() as tasks:
        for _ in range(OTHERS):
            tasks.create_task(ask(client, until, taken), name="ask")
        if bomber is not None:
            tasks.create_task(bomb(bomber, until), name="bomb")
    return quantiles(taken, n=100)[98] * 1e3


async def main(rounds: int, seconds: float) -> None:
    with TemporaryDirectory(prefix="glasshouse-bench-") as name:
        async with up(Path(name) / "data") as ready:
            headers = {
                "authorization": f"Bearer {ready['admin_key']}",
                "accept": "application/graphql-response+json",
                "content-type": "application/json",
            }
            options: dict[str, Any] = {"base_url": ready["http"], "headers": headers, "trust_env": False, "timeout": 60}
            async with httpx.AsyncClient(**options) as client, httpx.AsyncClient(**options) as bomber:
                await costs(client, 2)
                found = await costs(client, rounds)
                alone = await p99(client, None, seconds)
                beside = await p99(client, bomber, seconds)
    slowest = max((one["ratio"] for one in found.values()), default=0.0)
    line = {"bench": "bombs", "metric": "time to refuse against a trivial query; p99 of others meanwhile", "bombs": found}
    others = {"others_p99_ms": round(beside, 2), "alone_p99_ms": round(alone, 2), "others_ratio": round(beside / alone, 2)}
    met = slowest <= SLOWEST and beside / alone <= NOTICED
    print(json.dumps({**line, "slowest_ratio": slowest, **others, "target": [SLOWEST, NOTICED], "met": met}))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--seconds", type=float, default=5)
    asked = parser.parse_args()
    configure_logs("error")
    run(main(asked.rounds, asked.seconds))
