"""The history in an InfluxDB 2: any number of processes may ask it, and one at a time fills it."""
