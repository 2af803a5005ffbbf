"""Mosquitto as the embedded broker: found on the machine, with a configuration that loses nothing while it runs."""

import getpass
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from adapters.mqtt.credentials import Credentials, mosquitto_hash, write_private
from adapters.mqtt.logins import ACCESS, PASSWORDS, Login, device_rules, write_logins

PACKET_SIZE_MAXIMUM: Final = 1024 * 1024
_IN_FLIGHT: Final = 1000
_PLACES: Final = ("/usr/sbin", "/usr/local/sbin", "/opt/homebrew/sbin")

_CONFIGURATION: Final = """\
# Written by glasshouse at each start.
listener {port} {host}
allow_anonymous {anonymous}
{access}
user {user}

# Its defaults drop what exceeds 1000 queued messages, and save every 30 minutes.
max_queued_messages 0
max_queued_bytes 0
queue_qos0_messages true
max_inflight_messages {in_flight}
max_packet_size {packet_size_maximum}
persistence true
persistence_location {folder}/
autosave_interval 1
autosave_on_changes false

set_tcp_nodelay true
connection_messages false
log_type error
log_type warning
log_dest stderr
"""

_ACCESS: Final = """\
user {ours}
topic readwrite #

# The account that devices share: they say what they like about themselves, but give no commands. Two levels below the
# device are commands; all of one level is let in, so that a misspelt topic becomes a dead letter and is not lost here.
user {devices}
{rules}
# A device with an account of its own, named like the device, is held to its own topics.
pattern write glasshouse/+/%u/+
pattern read glasshouse/+/%u/#
"""


def find_mosquitto() -> str | None:
    """Where it is; None where it is not. Distributions put it where a user's PATH does not look."""
    return shutil.which("mosquitto") or shutil.which("mosquitto", path=os.pathsep.join(_PLACES))


def write_mosquitto_files(
    folder: Path, host: str, port: int, credentials: Credentials | None, logins: Sequence[Login] | None = None
) -> Path:
    """Write configuration, passwords and access list into `folder`; the configuration's path.

    Without `logins` the account that devices share gets in.
    """
    configuration = folder / "mosquitto.conf"
    text = _CONFIGURATION.format(
        host=host,
        port=port,
        anonymous="true" if credentials is None else "false",
        access="" if credentials is None else _write_access(folder, credentials, logins),
        # Started by root it would become the user mosquitto, who may not write here, and outlive us besides.
        user=getpass.getuser(),
        in_flight=_IN_FLIGHT,
        packet_size_maximum=PACKET_SIZE_MAXIMUM,
        folder=folder,
    )
    write_private(configuration, text.encode())
    return configuration


def _write_access(folder: Path, credentials: Credentials, logins: Sequence[Login] | None) -> str:
    if logins is None:
        _write_shared(folder, credentials)
    else:
        write_logins(folder, credentials.ours, logins)
    return f"password_file {folder / PASSWORDS}\nacl_file {folder / ACCESS}"


def _write_shared(folder: Path, credentials: Credentials) -> None:
    accounts = (credentials.ours, credentials.devices)
    lines = "".join(f"{account.user}:{mosquitto_hash(account.password)}\n" for account in accounts)
    rules = device_rules("+", "+")
    write_private(folder / PASSWORDS, lines.encode())
    write_private(
        folder / ACCESS, _ACCESS.format(ours=credentials.ours.user, devices=credentials.devices.user, rules=rules).encode()
    )
