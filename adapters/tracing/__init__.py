"""Spans of what happens, for a collector of OpenTelemetry's."""
