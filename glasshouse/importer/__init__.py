"""`glasshouse import`: the CSV files of data loggers, through the same ingest pipeline as everything else."""
