"""The file of the lineage index: its tables."""

from typing import Final

from projections.index_file import Layout

LAYOUT: Final = Layout(
    name="lineage_index",
    format=2,
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
CREATE TABLE dead_letter (position INTEGER PRIMARY KEY, stream INTEGER NOT NULL, revision INTEGER NOT NULL) STRICT;
CREATE TABLE checkpoint (log_id TEXT NOT NULL, position INTEGER, events INTEGER NOT NULL) STRICT;
""",
)
