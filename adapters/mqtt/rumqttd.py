"""iotcore's broker, rumqttd, as the embedded broker: for machines without Mosquitto. All it holds is in memory."""

from pathlib import Path
from typing import Final

from adapters.mqtt.credentials import Account, Credentials, write_private

_PAYLOAD_MAXIMUM: Final = 1024 * 1024
_SEGMENT: Final = 8 * 1024 * 1024
_SEGMENTS: Final = 16
"""Each subscribed filter has a ring of this many segments, full or not yet read: what falls out unread is lost."""

_CONFIGURATION: Final = """\
# Written by glasshouse at each start.
id = 0

[router]
id = 0
max_connections = 10000
max_outgoing_packet_count = 200
max_segment_size = {segment}
max_segment_count = {segments}
"""

_LISTENER: Final = """
[{protocol}.1]
name = "{protocol}"
listen = "{listen}"
next_connection_delay_ms = 1

[{protocol}.1.connections]
connection_timeout_ms = 10000
max_payload_size = {payload_maximum}
max_inflight_count = 100
dynamic_filters = true
"""


def write_rumqttd_file(folder: Path, host: str, port: int, port_v311: int, credentials: Credentials | None) -> Path:
    """Write the configuration into `folder`; its path. MQTT 5 and 3.1.1 want a port each."""
    text = _CONFIGURATION.format(segment=_SEGMENT, segments=_SEGMENTS)
    for protocol, listen in (("v4", port_v311), ("v5", port)):
        text += _listener(protocol, f"[{host}]:{listen}" if ":" in host else f"{host}:{listen}", credentials)
    configuration = folder / "rumqttd.toml"
    write_private(configuration, text.encode())
    return configuration


def _listener(protocol: str, listen: str, credentials: Credentials | None) -> str:
    text = _LISTENER.format(protocol=protocol, listen=listen, payload_maximum=_PAYLOAD_MAXIMUM)
    if credentials is None:
        return text
    accounts = _account(credentials.ours) + _account(credentials.devices)
    return f"{text}\n[{protocol}.1.connections.auth]\n{accounts}"


def _account(account: Account) -> str:
    return f'{account.user} = "{account.password}"\n'
