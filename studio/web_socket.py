"""Web sockets of requests that the library below cannot read: refused, where it has no answer."""

from uvicorn import config
from uvicorn.protocols.websockets.wsproto_impl import WSProtocol

REFUSAL = b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"


class Protocol(WSProtocol):
    """Uvicorn's, for which a host of bytes that are not ASCII is an error of its own."""

    def data_received(self, data: bytes) -> None:
        """Take bytes from the connection."""
        try:
            super().data_received(data)
        except UnicodeError:
            if not self.handshake_complete:
                self.transport.write(REFUSAL)
            self.transport.close()


def install() -> None:
    """Have Uvicorn use it under the name that NiceGUI asks for."""
    config.WS_PROTOCOLS["wsproto"] = f"{__name__}:{Protocol.__name__}"
