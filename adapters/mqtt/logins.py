"""Who gets in at a Mosquitto, and what each may say and hear there: its password file and its access list.

Two levels below a device are its commands: it reads them, and says nothing there. It may say anything one level below, so that
a misspelt topic becomes a dead letter and is not lost at the broker.
"""

from collections.abc import Iterable
from itertools import product
from pathlib import Path
from typing import Annotated, Final

import msgspec

from adapters.mqtt.credentials import Account, mosquitto_hash, write_private
from schema.actuators import Id

PASSWORDS: Final = "mosquitto.passwords"
ACCESS: Final = "mosquitto.acl"
_ANY: Final = ("+",)


class Login(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A user who speaks for devices: for these, at these sites; none named: for any. `mosquitto_hash` makes the hash."""

    user: Id
    password_hash: Annotated[str, msgspec.Meta(pattern=r"^\$7\$[0-9]+\$[A-Za-z0-9+/=]+\$[A-Za-z0-9+/=]+$")]
    sites: tuple[Id, ...] = ()
    devices: tuple[Id, ...] = ()


def write_logins(folder: Path, ours: Account, logins: Iterable[Login]) -> None:
    """Write both files into `folder`, each as a whole. A broker that runs reads them anew when it gets a SIGHUP."""
    known = list(logins)
    passwords = {ours.user: mosquitto_hash(ours.password), **{login.user: login.password_hash for login in known}}
    access = "\n".join([f"user {ours.user}\ntopic readwrite #\n", *(_rules(login) for login in known)])
    write_private(folder / ACCESS, access.encode())
    write_private(folder / PASSWORDS, "".join(f"{user}:{hashed}\n" for user, hashed in passwords.items()).encode())


def device_rules(site: str, device: str) -> str:
    """What somebody may who speaks for a device; `+` is any."""
    topic = f"glasshouse/{site}/{device}"
    return f"topic write {topic}/+\ntopic read {topic}/command/#\ntopic read {topic}/receipt/#\n"


def _rules(login: Login) -> str:
    places = product(login.sites or _ANY, login.devices or _ANY)
    return f"user {login.user}\n" + "".join(device_rules(site, device) for site, device in places)
