"""What a DuckDB file of a history holds, and which format it has."""

from typing import Final

from duckdb import DuckDBPyConnection

from adapters.history.duckdb_anomalies import CREATE as ANOMALIES
from adapters.history.duckdb_table import CREATE as RAW
from adapters.history.duckdb_windows import CREATE as WINDOWS

FORMAT: Final = 3
_TABLES: Final = f"""
{RAW}
{WINDOWS}
{ANOMALIES}
CREATE TABLE watermark (
    device VARCHAR NOT NULL, time_us BIGINT NOT NULL, recorded_us BIGINT NOT NULL, position BIGINT NOT NULL,
    site VARCHAR, zone VARCHAR NOT NULL
);
CREATE TABLE checkpoint (log_id VARCHAR NOT NULL, position BIGINT);
CREATE TABLE format (version INTEGER NOT NULL);
"""


def tables_of(connection: DuckDBPyConnection) -> set[str]:
    """Their names, as they are in the file."""
    return {name for (name,) in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()}


def create(connection: DuckDBPyConnection) -> None:
    """Empty tables of this format, in place of whatever there was. To be run in a transaction."""
    for name in tables_of(connection):
        connection.execute(f'DROP TABLE "{name}"')
    connection.execute(_TABLES)
    connection.execute("INSERT INTO format VALUES (?)", [FORMAT])
