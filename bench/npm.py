"""Programs from npm that a benchmark compares with, or asks through: installed once, outside the checkout."""

import asyncio
import shutil
from pathlib import Path

CACHE = Path.home() / ".cache" / "glasshouse-bench"


async def installed(name: str, *packages: str) -> Path:
    """The folder of that name with these packages in it; FileNotFoundError where they cannot be had."""
    folder, wanted = CACHE / name, "\n".join(packages)
    if shutil.which("node") is None or shutil.which("npm") is None:
        raise FileNotFoundError("there is no node or no npm on this machine")
    done = folder / "installed"
    if not await asyncio.to_thread(lambda: done.exists() and done.read_text() == wanted):
        await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
        command = ["npm", "install", "--prefix", str(folder), "--no-audit", "--no-fund", "--silent", *packages]
        installing = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.DEVNULL)
        if await installing.wait():
            raise FileNotFoundError(f"npm could not install {' '.join(packages)}")
        await asyncio.to_thread(done.write_text, wanted)
    return folder
