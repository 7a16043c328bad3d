"""What holds for every test."""

import signal
from collections.abc import Iterator

import pytest
import structlog

# A shell that starts the tests in the background has SIGINT ignored, and Python then leaves it so
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def _logs_go_to_the_streams_of_this_test() -> Iterator[None]:
    yield
    structlog.reset_defaults()  # a command configures logging onto a stream that ends with its test
