"""Logging: a fixed event name and ids, to standard error; never the content of a message."""

import logging
import sys
from typing import Literal

import stamina
import structlog

from tis_esr.tracing.spans import with_ids
from tis_esr.visible import visible


def log_warnings_only() -> None:
    """Log warnings only: for commands that print on the terminal what they do."""
    _configure(logging.WARNING, _renderer("text"))


def log_events(form: Literal["text", "json"]) -> None:
    """Log one line per event: for services that run until stopped."""
    _configure(logging.INFO, _renderer(form))


def _renderer(form: Literal["text", "json"]) -> structlog.typing.Processor:
    if form == "json":
        return structlog.processors.JSONRenderer()
    return structlog.dev.ConsoleRenderer(colors=False)


def _without_effects(_: object, __: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Return the event with texts of one line each, escaped for a terminal."""
    return {
        name: visible(value, kept="\n" if name == "exception" else "") if isinstance(value, str) else value
        for name, value in event.items()
    }


def _configure(level: int, renderer: structlog.typing.Processor) -> None:
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            with_ids,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            _without_effects,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
        cache_logger_on_first_use=False,
    )
    stamina.instrumentation.set_on_retry_hooks(())
    # Libraries log addresses and, in debug, bodies: only what they call an error is let through, in one line.
    for library in ("pika", "asyncssh", "pymongo", "aiohttp", "uvicorn", "urllib3"):
        logging.getLogger(library).setLevel(logging.CRITICAL)
