"""What all parts of a house stand on: its settings, its folder, its stores, and where what they do is counted and traced."""

from contextlib import AsyncExitStack
from dataclasses import dataclass

from prometheus_client import CollectorRegistry

from adapters.event_log.port import EventLog
from adapters.history.serving import ServingHistory
from adapters.tracing.port import Tracer
from glasshouse.data_folder import DataFolder
from glasshouse.read_side import open_serving_history
from glasshouse.settings import Settings
from glasshouse.stores import open_event_log
from glasshouse.tracing import traced, tracing
from glasshouse.versions.standing import Standing, take_charge
from glasshouse.web_side import process_registry


@dataclass(frozen=True)
class Base:
    """Open for as long as the house is."""

    settings: Settings
    folder: DataFolder
    registry: CollectorRegistry
    tracer: Tracer
    log: EventLog
    standing: Standing
    history: ServingHistory


async def open_base(settings: Settings, folder: DataFolder, stack: AsyncExitStack) -> Base:
    """The stores, opened; `stack` closes them."""
    registry = process_registry()
    tracer = await stack.enter_async_context(tracing(settings, "up", registry))
    log = traced(await open_event_log(settings), tracer)
    stack.push_async_callback(log.close)
    standing = await take_charge(log, settings, history=True)
    history = await open_serving_history(standing)
    stack.push_async_callback(history.close)
    return Base(settings, folder, registry, tracer, log, standing, history)
