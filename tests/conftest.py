"""What holds for every test."""

from collections.abc import Iterator

import pytest
import structlog


@pytest.fixture(autouse=True)
def _logs_go_to_the_streams_of_this_test() -> Iterator[None]:
    yield
    structlog.reset_defaults()  # a command configures logging onto a stream that ends with its test
