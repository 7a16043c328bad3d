"""structlog set up once: readable in a terminal, JSON lines elsewhere."""

import logging
import sys

import structlog

from envirosense.core.settings import settings


def configure_logging() -> None:
    """Route structlog to stderr at the level and in the form the settings ask for."""
    chosen = settings()
    as_json = chosen.log_json if chosen.log_json is not None else not sys.stderr.isatty()
    renderers: tuple[structlog.typing.Processor, ...] = (
        (structlog.processors.format_exc_info, structlog.processors.JSONRenderer())
        if as_json
        else (structlog.dev.ConsoleRenderer(),)  # shows exceptions by itself
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *renderers,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[chosen.log_level]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )


def get_logger(name: str) -> structlog.typing.FilteringBoundLogger:
    """Logger of a module; set up from the settings unless the program has set structlog up itself."""
    if not structlog.is_configured():
        configure_logging()
    logger: structlog.typing.FilteringBoundLogger = structlog.get_logger(name)
    return logger
