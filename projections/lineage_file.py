"""The file of the lineage index: its tables."""

from typing import Final

from projections.index_file import Layout

LAYOUT: Final = Layout(
    name="lineage_index",
    format=3,
    cache_kib=12 << 10,
    tables="""
CREATE TABLE stream (number INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT;
CREATE TABLE event (
    generation INTEGER NOT NULL, key INTEGER NOT NULL, position INTEGER NOT NULL, stream INTEGER NOT NULL,
    revision INTEGER NOT NULL, PRIMARY KEY (generation, key, position)
) STRICT, WITHOUT ROWID;
CREATE TABLE correlation (
    generation INTEGER NOT NULL, id TEXT NOT NULL, position INTEGER NOT NULL, stream INTEGER NOT NULL,
    revision INTEGER NOT NULL, PRIMARY KEY (generation, id, position)
) STRICT, WITHOUT ROWID;
CREATE TABLE dead_letter (
    position INTEGER PRIMARY KEY, stream INTEGER NOT NULL, revision INTEGER NOT NULL, key INTEGER NOT NULL,
    state INTEGER NOT NULL DEFAULT 0, told INTEGER
) STRICT;
CREATE INDEX dead_letter_key ON dead_letter (key);
CREATE INDEX dead_letter_state ON dead_letter (state, position);
CREATE TABLE checkpoint (log_id TEXT NOT NULL, position INTEGER, events INTEGER NOT NULL) STRICT;
""",
)
