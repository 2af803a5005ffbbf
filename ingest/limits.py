"""The bounds of ingest: nothing that a device does makes anything grow beyond them."""

from typing import Final

import msgspec

METRICS_PER_READING: Final = 64
ITEMS_PER_LIST: Final = 5_000
TOPIC_LENGTH: Final = 512
NAME_LENGTH: Final = 64
OWN_ID_LENGTH: Final = 256
TEXT_LENGTH: Final = 1_024


class IngestLimits(msgspec.Struct, frozen=True, kw_only=True):
    """Bounds of one pipeline.

    A payload over `payload_bytes` is a dead letter of which `prefix_bytes` are kept. `unknown_metrics` are names a device.
    Of each of `devices` streams at most the last `window` event ids are remembered, `tail` of them after a restart.
    A batch ends at `batch_events` or `batch_bytes`. Queued bytes above `high_water` ask the sources to stop, below
    `low_water` to go on; none is taken above `hard_bytes`.
    """

    payload_bytes: int = 256 * 1024
    prefix_bytes: int = 4 * 1024
    unknown_metrics: int = 50
    window: int = 256
    tail: int = 128
    devices: int = 4_096
    batch_events: int = 1_000
    batch_bytes: int = 4 * 1024 * 1024
    low_water: int = 8 * 1024 * 1024
    high_water: int = 16 * 1024 * 1024
    hard_bytes: int = 64 * 1024 * 1024
