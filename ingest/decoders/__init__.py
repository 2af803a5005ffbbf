"""Decoders: one a dialect, each a pure function of a message (and of the device, where it is foreign) to facts and flaws."""
