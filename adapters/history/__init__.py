"""The history: raw readings by device, sensor and metric, for questions about ranges of time."""
