"""The vocabulary: event types and versions, metrics and units, ids, envelopes and cursors. Imports nothing of ours."""
