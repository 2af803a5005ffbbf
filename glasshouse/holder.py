"""By what name a data folder's process holds leases. Who owns the folder is alone with it, so the name comes back to its next
process, which then need not wait for the lease of the one before: that one is dead.

A folder that was copied, or moved to another machine, gets another name: there the one before may live.
"""

import os
import secrets
import socket
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec

from glasshouse.data_folder import DataFolder

_BOOT: Final = Path("/proc/sys/kernel/random/boot_id")


class _Known(msgspec.Struct, frozen=True):
    name: str
    boot: str
    place: tuple[int, int]


def holder_of(folder: DataFolder) -> str:
    """Its name; kept in the folder for as long as the machine is up and the folder stays where it is."""
    boot, place = _boot(), folder.lock_place()
    with suppress(FileNotFoundError, msgspec.DecodeError):
        known = msgspec.json.decode(folder.holder.read_bytes(), type=_Known)
        if boot is not None and (known.boot, known.place) == (boot, place):
            return known.name
    name = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
    folder.keep(folder.holder, msgspec.json.encode(_Known(name, boot or "", place)))
    return name


def _boot() -> str | None:
    """Which run of the machine this is; None where the system does not say, so that no name is believed again."""
    try:
        return _BOOT.read_text(encoding="ascii").strip()
    except OSError:
        return None
