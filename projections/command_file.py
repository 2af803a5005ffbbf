"""The file of the commands: its tables.

The format is to be raised, too, whenever the same events come to something else: a control state with another field, for one.
"""

from typing import Final

from projections.index_file import Layout

LAYOUT: Final = Layout(
    name="commands_index",
    format=1,
    cache_kib=4 << 10,
    tables="""
CREATE TABLE command (
    position INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, correlation TEXT NOT NULL, device TEXT NOT NULL, state TEXT NOT NULL,
    open INTEGER NOT NULL, view BLOB NOT NULL
) STRICT;
CREATE INDEX command_by_correlation ON command (correlation, position);
CREATE INDEX command_by_device ON command (device, position);
CREATE INDEX command_by_state ON command (state, position);
CREATE INDEX command_open ON command (position) WHERE open;
CREATE TABLE control (device TEXT PRIMARY KEY, known BLOB NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE request (correlation TEXT PRIMARY KEY, open INTEGER NOT NULL, view BLOB NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX request_open ON request (correlation) WHERE open;
CREATE TABLE checkpoint (log_id TEXT NOT NULL, position INTEGER) STRICT;
""",
)
