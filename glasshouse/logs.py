"""Structured logs on stderr: for people on a terminal, JSON lines elsewhere."""

import logging
import sys

import structlog

from glasshouse.settings import LogLevel


def configure_logs(level: LogLevel) -> None:
    """Set up logging for this process. Standard library loggers go the same way, at warning and above."""
    numeric = logging.getLevelNamesMapping()[level.upper()]
    interactive = sys.stderr.isatty()
    # What stands in local variables may be a secret: tracebacks come without them.
    console = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    renderer = console if interactive else structlog.processors.JSONRenderer()
    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(numeric),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(processor=renderer, foreign_pre_chain=shared))
    logging.basicConfig(level=max(numeric, logging.WARNING), handlers=[handler], force=True)
