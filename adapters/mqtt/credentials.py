"""The accounts of an embedded broker that listens beyond loopback: made once, kept in a file that only we can read."""

import base64
import hashlib
import hmac
import secrets
from pathlib import Path
from typing import Final

import msgspec

from adapters.files import replace_file

_FILE: Final = "credentials.json"
_ROUNDS: Final = 1000
"""The passwords are 256 random bits: no guessing to slow down, and a broker checks one at each connect."""


class Account(msgspec.Struct, frozen=True):
    user: str
    password: str


class Credentials(msgspec.Struct, frozen=True):
    """Two accounts: ours, and one for the devices."""

    ours: Account
    devices: Account


def credentials_in(folder: Path) -> Credentials:
    """Those kept in `folder`, made where there are none yet."""
    file = folder / _FILE
    if file.exists():
        return msgspec.json.decode(file.read_bytes(), type=Credentials)
    made = Credentials(Account("glasshouse", secrets.token_hex(32)), Account("devices", secrets.token_hex(32)))
    write_private(file, msgspec.json.format(msgspec.json.encode(made)))
    return made


def unguessable(account: Account, client_id: str) -> str:
    """A client id that nobody can name who does not know the password; always the same.

    Brokers give a session, and what waits for it, to whoever connects under its client id, with any account.
    """
    mark = hmac.new(account.password.encode(), client_id.encode(), hashlib.sha256).hexdigest()
    return f"{client_id}-{mark[:32]}"


def write_private(file: Path, content: bytes) -> None:
    """Write `file` anew, never readable by others and never half written."""
    replace_file(file, content, mode=0o600)


def mosquitto_hash(password: str) -> str:
    """A password as Mosquitto's password file has it: salted, PBKDF2 with SHA-512, as mosquitto_passwd writes it."""
    salt = secrets.token_bytes(12)
    key = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, _ROUNDS)
    return f"$7${_ROUNDS}${base64.b64encode(salt).decode()}${base64.b64encode(key).decode()}"
