"""The archive: whole days of raw readings as Parquet files, which other programs read as they are."""
