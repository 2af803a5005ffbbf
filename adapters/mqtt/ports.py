"""Which ports a broker is to listen on, found out before it starts, so that a taken one has a plain sentence."""

import socket
from contextlib import ExitStack
from typing import Final

from adapters.mqtt.errors import BrokerStartError, PortTakenError

_PORTS: Final = 65535


def choose_ports(host: str, port: int, *, one_for_both: bool) -> tuple[int, int]:
    """The port for MQTT 5 and that for 3.1.1: the same or the next one; free ones where `port` is 0."""
    with ExitStack() as held:
        chosen = _bind(held, host, port)
        if one_for_both:
            return chosen, chosen
        return chosen, _bind(held, host, port + 1 if 0 < port < _PORTS else 0)


def resolve(host: str) -> str:
    """The IP address of an interface of ours."""
    try:
        return str(socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)[0][4][0])
    except OSError as error:
        raise BrokerStartError(f"the broker cannot listen on {host}: {error.strerror or error}") from error


def reachable(host: str) -> str:
    """The address to connect to for one that is bound to everything."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared, not bound


def _bind(held: ExitStack, host: str, port: int) -> int:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    probe = held.enter_context(socket.socket(family, socket.SOCK_STREAM))
    # As the broker does: connections that an earlier one left in TIME_WAIT are no obstacle.
    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        probe.bind((host, port))
    except OSError as error:
        raise PortTakenError(f"port {port} on {host} cannot be used for MQTT: {error.strerror or error}") from error
    return int(probe.getsockname()[1])
