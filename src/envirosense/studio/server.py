"""The application on a port, in a thread beside the simulation."""

import asyncio
import socket
import threading
import time
from typing import TYPE_CHECKING, Final

from envirosense.core.errors import ConfigError, MissingExtraError
from envirosense.studio.live import SOCKET, LiveSession

if TYPE_CHECKING:
    from uvicorn import Server

DRAIN_S: Final = 2.0  # that sockets get at the end for the records that still wait
CLOSE_S: Final = 1.0  # that open connections get after that, before they are cut
START_S: Final = 10.0


class ApiServer:
    """Serves a session until `stop`; the port is taken at once, so a port in use is known at once."""

    def __init__(self, session: LiveSession, host: str, port: int) -> None:
        """Server before its start; port 0 takes a free one.

        Raises:
            ConfigError: if the address cannot be served on.
            MissingExtraError: if websockets is not installed.
        """
        try:
            import websockets  # noqa: F401  # uvicorn would serve without it, and refuse every socket
        except ImportError:
            raise MissingExtraError("websockets", "live") from None
        self._socket = _bound(host, port)
        self.host, self.port = self._socket.getsockname()[:2]
        self._session = session
        self._server = _uvicorn(session)
        self._thread = threading.Thread(target=self._serve, name="live-api", daemon=True)

    def _serve(self) -> None:
        self._server.run(sockets=[self._socket])

    @property
    def url(self) -> str:
        """Address of the REST part."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"

    def start(self) -> None:
        """Serve; returns once requests are answered."""
        self._thread.start()
        until_s = time.monotonic() + START_S
        while not self._server.started and self._thread.is_alive() and time.monotonic() < until_s:
            time.sleep(0.01)

    def close(self) -> None:
        """Close every connection and the port; after the session's end sockets first get what waits."""
        until_s = time.monotonic() + DRAIN_S
        while self._is_sending() and time.monotonic() < until_s:
            time.sleep(0.01)
        self._server.should_exit = True
        if self._thread.is_alive():
            self._thread.join(2.0 * CLOSE_S + 1.0)
        self._socket.close()

    def _is_sending(self) -> bool:
        is_over = self._session.state not in ("ready", "running")
        return is_over and any(c.is_open and c.name == SOCKET for c in self._session.feed.counts)


def _bound(host: str, port: int) -> socket.socket:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        made = socket.socket(family, kind, protocol)
    except OSError as error:
        raise _unusable(host, port, error) from None
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind(address)
    except OSError as error:
        made.close()
        raise _unusable(host, port, error) from None
    return made


def _unusable(host: str, port: int, error: OSError) -> ConfigError:
    return ConfigError("serve", f"{host}:{port}", f"cannot be served on ({error.strerror}); choose another")


def _uvicorn(session: LiveSession) -> "Server":
    from uvicorn import Config, Server

    from envirosense.studio.api import make_app

    class CuttingServer(Server):
        """Cuts, at its end, what will not close: a reader that never reads would hold it up."""

        async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
            asyncio.get_running_loop().call_later(CLOSE_S, self._cut)
            await super().shutdown(sockets)

        def _cut(self) -> None:
            for connection in list(self.server_state.connections):
                if connection.transport is not None:
                    connection.transport.abort()

    config = Config(
        make_app(session),
        log_level="warning",
        ws="websockets-sansio",
        timeout_graceful_shutdown=int(2.0 * CLOSE_S),
    )
    return CuttingServer(config)
