"""The limits of the API: what one request, one operation, one socket and all together may ask for."""

import msgspec


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """Bounds from the first day. Each refusal names the limit and what was asked for."""

    body_bytes: int = 131_072
    body_seconds: float = 15.0
    variables_bytes: int = 65_536
    tokens: int = 1_500
    depth: int = 16
    fields: int = 400
    root_fields: int = 20
    aliases: int = 50
    directives: int = 50
    cost: int = 25_000
    """Fields that one operation may resolve, by an estimate made before it runs."""
    items: int = 20_000
    """Items in the long lists of one answer, counted while it is made: no estimate knows how many sensors a device names."""
    letter_bytes: int = 1_048_576
    """Bytes of dead letters in one answer; a page of them ends early."""
    folded_events: int = 50_000
    """Events of the log that one answer about the past looks at."""
    page: int = 500
    default_page: int = 50
    nodes: int = 100
    selectors: int = 20
    commands: int = 50
    """Commands in one request."""
    traced: int = 500
    """Events of one correlation id in one trace."""
    exports: int = 4
    """Exports that are under way at once: each reads a part of the history at a time, and holds one in memory."""
    key_exports: int = 2
    """Of the exports, those of one key."""
    ingest_bytes: int = 8_388_608
    """Bytes of JSON in one request to `/ingest`, uncompressed: it is in memory as a whole."""
    ingest_stream_bytes: int = 67_108_864
    """Bytes of NDJSON, uncompressed, which is taken line by line."""
    ingest_line_bytes: int = 524_288
    ingest_items: int = 20_000
    ingest_requests: int = 16
    key_ingest_requests: int = 4
    """Of the requests to `/ingest` that are under way, those of one key."""
    ingest_seconds: float = 30.0
    """How long items wait for the log before the sender is told to come again."""
    ingest_sending_seconds: float = 300.0
    """How long a request to `/ingest` may be on its way."""
    key_items_per_second: float | None = None
    """Items that one key may send; what it leaves adds up for `burst_seconds`."""
    buckets: int = 10_000
    rolled_windows: int = 1_000_000
    """Kept windows that one operation may go over, where each of its windows looks back over many."""
    column_rows: int = 10_000
    """Readings in the columns of one field."""
    corrected_rows: int = 50_000
    """Readings that the dry run of a correction looks at."""
    tested_rows: int = 20_000_000
    """Readings, or events of the log, that one operation holds alert rules against."""
    rules: int = 1_000
    """Alert rules in force: each is held against every reading that it is about, and remembers the last of them."""
    backtests: int = 2
    """Back-tests that are under way at once: each holds a part of the history in memory."""
    operation_seconds: float = 15.0
    concurrent_operations: int = 64
    key_operations: int = 32
    """Of the concurrent operations, those of one key."""
    subscriptions: int = 20_000
    key_subscriptions: int = 2_000
    key_cost_per_second: float | None = None
    """What the operations of one key may cost; what it leaves adds up for `burst_seconds`."""
    burst_seconds: float = 10.0
    visibility_seconds: float = 2.0
    """How long `atLeast` and mutations wait for a read model to catch up."""
    connections: int = 4_000
    """Websockets and event streams together."""
    socket_operations: int = 50
    init_seconds: float = 5.0
    recheck_seconds: float = 5.0
    """How often the key behind a living socket or stream is looked at again, and a stream shows that it lives."""
    progress_seconds: float = 1.0
    """The least time between two progress messages of one subscription."""
    slow_seconds: float = 15.0
    """How long a live subscriber may take over messages without having seen all, before his subscription ends."""
    least_every_ms: int = 10
    most_every_ms: int = 3_600_000
    anomaly_seconds: float = 1.0
    """How often the history is asked what changed of the anomalies, for all who follow them."""
    probe_seconds: float = 2.0
