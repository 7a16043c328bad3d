"""The server on a real port of this machine."""

import asyncio
import json
import socket
import time

import httpx2
import pytest
import websockets

from envirosense.core.errors import ConfigError
from envirosense.studio.server import ApiServer

LOCAL = "127.0.0.1"


def test_rest_and_socket_on_a_port(make_session) -> None:
    session = make_session(n_ticks=400, speed=200.0)
    server = ApiServer(session, LOCAL, 0)
    server.start()

    async def read() -> list[dict]:
        async with websockets.connect(f"ws://{LOCAL}:{server.port}/live") as stream:
            session.start()
            return [json.loads(line) async for line in stream]

    lines = asyncio.run(read())
    assert [line["sequence"] for line in lines] == list(range(440))
    assert httpx2.get(f"{server.url}/health", timeout=5.0).json()["state"] == "finished"
    server.close()
    with pytest.raises(httpx2.ConnectError):
        httpx2.get(f"{server.url}/health", timeout=1.0)


@pytest.mark.slow
def test_a_socket_that_never_reads_does_not_hold_the_simulation_up(make_session) -> None:
    session = make_session(n_ticks=100_000)
    server = ApiServer(session, LOCAL, 0)
    server.start()

    async def ignore() -> float:
        async with websockets.connect(f"ws://{LOCAL}:{server.port}/live", max_queue=1, close_timeout=0.1):
            began = time.monotonic()
            session.start()
            while not session.wait(0.0):
                await asyncio.sleep(0.01)
            return time.monotonic() - began

    took_s = asyncio.run(ignore())
    began = time.monotonic()
    server.close()
    assert time.monotonic() - began < 6.0
    assert session.state == "finished"
    assert took_s < 20.0
    assert sum(count.dropped for count in session.feed.counts) > 0


def test_closing_at_once_after_the_end_cuts_no_socket_short(make_session) -> None:
    session = make_session(n_ticks=3000, speed=3000.0)
    server = ApiServer(session, LOCAL, 0)
    server.start()

    async def read() -> list[str]:
        async with websockets.connect(f"ws://{LOCAL}:{server.port}/live") as stream:
            session.start()
            closing = asyncio.get_running_loop().run_in_executor(
                None, lambda: (session.wait(), server.close())
            )
            lines = [str(line) async for line in stream]
            await closing
            return lines

    assert len(asyncio.run(read())) == 3300


def test_a_port_in_use_is_refused_in_one_line(make_session) -> None:
    with socket.socket() as taken:
        taken.bind((LOCAL, 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(
            ConfigError, match=rf"serve='{LOCAL}:{port}': cannot be served on \(Address already"
        ):
            ApiServer(make_session(), LOCAL, port)


def test_a_host_that_is_not_here_is_refused(make_session) -> None:
    with pytest.raises(ConfigError, match="cannot be served on"):
        ApiServer(make_session(), "192.0.2.1", 0)
