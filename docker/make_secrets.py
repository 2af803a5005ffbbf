"""Make the secrets of the compose file, each once: `python3 docker/make_secrets.py`. Needs nothing but Python.

Compose mounts the files as they are, and the user of each container must read them: the folder is closed, the files are not.
"""

import base64
import hashlib
import secrets
import sys
from pathlib import Path

FOLDER = Path(__file__).parent / "secrets"
ROUNDS = 1000
"""The passwords are 256 random bits: no guessing to slow down, and a broker checks one at each connect."""


def main(folder: Path) -> None:
    """Make what is not there yet."""
    folder.mkdir(mode=0o700, exist_ok=True)
    ours, devices = (secrets.token_hex(32) for _ in range(2))
    write(folder / "event_log", "esdb://kurrentdb:2113?Tls=false")
    if not (folder / "mosquitto_passwords").exists():
        # Of one making with the hashes, which come last, or nobody gets in.
        for name, content in (("mqtt", f"mqtt://glasshouse:{ours}@mosquitto:1883"), ("devices_password", devices)):
            (folder / name).unlink(missing_ok=True)
            write(folder / name, content)
        write(folder / "mosquitto_passwords", password_line("glasshouse", ours) + password_line("devices", devices))
    write(folder / "influxdb_password", secrets.token_hex(32))
    write(folder / "influxdb_token", secrets.token_hex(32))


def write(file: Path, content: str) -> bool:
    """Whether it was not there."""
    if file.exists():
        return False
    file.write_text(content.rstrip("\n") + "\n", encoding="utf-8")
    file.chmod(0o644)
    sys.stdout.write(f"made {file}\n")
    return True


def password_line(user: str, password: str) -> str:
    """PBKDF2 with SHA-512, as mosquitto_passwd writes it."""
    salt = secrets.token_bytes(12)
    key = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, ROUNDS)
    return f"{user}:$7${ROUNDS}${base64.b64encode(salt).decode()}${base64.b64encode(key).decode()}\n"


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
