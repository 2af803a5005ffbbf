"""The embedded broker: Mosquitto where the machine has it, else iotcore; a child process that lives as long as we do."""

import asyncio
import ipaddress
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, TypeAlias

import msgspec

from adapters.mqtt.address import BrokerAddress
from adapters.mqtt.child import Child, ChildDiedError
from adapters.mqtt.credentials import Account, Credentials, credentials_in, unguessable
from adapters.mqtt.errors import BrokerStartError
from adapters.mqtt.logins import Login, write_logins
from adapters.mqtt.mosquitto import find_mosquitto, write_mosquitto_files
from adapters.mqtt.ports import choose_ports, reachable, resolve
from adapters.mqtt.rumqttd import write_rumqttd_file

Kind: TypeAlias = Literal["mosquitto", "iotcore"]


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What to run, and how it can be reached; its files are written. `port_v311` is `port` where one speaks both."""

    kind: Kind
    command: list[str]
    host: str
    port: int
    port_v311: int
    credentials: Credentials | None

    @property
    def address(self) -> BrokerAddress:
        """The broker's address for ourselves."""
        return self.address_of(None if self.credentials is None else self.credentials.ours)

    def address_of(self, account: Account | None) -> BrokerAddress:
        """The broker's address for an account."""
        host = reachable(self.host)
        if account is None:
            return BrokerAddress(host, self.port)
        return BrokerAddress(host, self.port, username=account.user, password=account.password)


class EmbeddedBroker:
    """A running broker. `port` speaks MQTT 5, `port_v311` MQTT 3.1.1: the same on Mosquitto. `address` is for ourselves."""

    def __init__(self, plan: Plan, child: Child, folder: Path) -> None:
        self.kind = plan.kind
        self.host = plan.host
        self.port = plan.port
        self.port_v311 = plan.port_v311
        self.address = plan.address
        self.credentials = plan.credentials
        self.pid = child.pid
        self._child = child
        self._folder = folder

    @property
    def wants_plain(self) -> bool:
        """Whether messages that clients of MQTT 3.1.1 may get must be `Plain`."""
        return self.kind == "iotcore"

    async def stop(self) -> None:
        """Stop it; Mosquitto saves what it holds."""
        await self._child.stop()

    def own_id(self, client_id: str) -> str:
        """The client id for a session of ours: where others have accounts, one that they cannot take over."""
        return client_id if self.credentials is None else unguessable(self.credentials.ours, client_id)

    async def let_in(self, logins: Sequence[Login]) -> None:
        """From now on these get in, and we; all others are cut off. For a broker that was started with `logins`.

        OSError where the files cannot be written; nothing changes then.
        """
        assert self.credentials is not None, "it was started with logins"  # noqa: S101
        await asyncio.to_thread(write_logins, self._folder, self.credentials.ours, logins)
        self._child.reload()

    async def died(self) -> str:
        """Return its last words once it has ended, by `stop` or of its own."""
        return await self._child.died()


async def start_broker(
    folder: Path,
    host: str,
    port: int,
    *,
    kind: Kind | Literal["auto"] = "auto",
    logins: Sequence[Login] | None = None,
) -> EmbeddedBroker:
    """Start a broker that keeps its files in `folder`, and return once it listens. Port 0: a free one.

    Beyond loopback it refuses anonymous clients; the accounts are in `credentials.json` in the folder. PortTakenError, and
    BrokerStartError for all other reasons. With `logins` it lets in those and us alone, also on loopback.
    """
    plan = await asyncio.to_thread(plan_broker, folder, host, port, kind=kind, logins=logins)
    child = await Child.start(plan.command, folder / "broker.log")
    try:
        await child.listening(reachable(plan.host), (plan.port, plan.port_v311))
    except (ChildDiedError, TimeoutError) as error:
        await child.stop()
        raise BrokerStartError(f"the broker does not start: {child.last_words() or 'it says nothing'}") from error
    except BaseException:
        await child.stop()
        raise
    return EmbeddedBroker(plan, child, folder)


def plan_broker(
    folder: Path, host: str, port: int, *, kind: Kind | Literal["auto"], logins: Sequence[Login] | None = None
) -> Plan:
    """Choose broker and ports, and write its files. Blocks."""
    mosquitto = None if kind == "iotcore" else find_mosquitto()
    if kind == "mosquitto" and mosquitto is None:
        raise BrokerStartError("there is no mosquitto on this machine: install it, or use iotcore")
    if mosquitto is None and logins is not None:
        raise BrokerStartError(
            "iotcore cannot be told who gets in while it runs: install mosquitto, or use a broker of your own"
        )
    host = resolve(host)
    v5, v311 = choose_ports(host, port, one_for_both=mosquitto is not None)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder = folder.resolve()
    is_open = ipaddress.ip_address(host).is_loopback and logins is None
    credentials = None if is_open else credentials_in(folder)
    if mosquitto is not None:
        command = [mosquitto, "-c", str(write_mosquitto_files(folder, host, v5, credentials, logins))]
    else:
        # Its log names every packet as an error, at any level but the highest.
        written = write_rumqttd_file(folder, host, v5, v311, credentials)
        command = [sys.executable, "-I", "-m", "iotcore", "--config", str(written), "--log-level", "CRITICAL"]
    return Plan(
        kind="iotcore" if mosquitto is None else "mosquitto",
        command=command,
        host=host,
        port=v5,
        port_v311=v311,
        credentials=credentials,
    )
