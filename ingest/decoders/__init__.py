"""Decoders: one a dialect, each a pure function (topic, payload, received_at) -> facts and flaws."""
