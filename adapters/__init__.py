"""Ports to the outside, each with its adapters: the event log, the history, MQTT."""
