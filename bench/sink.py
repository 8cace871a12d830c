"""A mail server that takes everything: `python -m bench.sink` prints its port, then a line for each hundred letters."""

from __future__ import annotations

import asyncio
import sys
import time


class Sink(asyncio.Protocol):
    """One connection. Counts envelopes, each with its one letter."""

    taken = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport, self._rest, self._in_letter = transport, b"", False
        transport.write(b"220 sink\r\n")

    def data_received(self, octets: bytes) -> None:
        self._rest += octets
        while self._step():
            pass

    def _step(self) -> bool:
        end = b"\r\n.\r\n" if self._in_letter else b"\r\n"
        words, found, rest = self._rest.partition(end)
        if not found:
            return False
        self._rest = rest
        if self._in_letter:
            self._in_letter = False
            self._count()
            self._transport.write(b"250 taken\r\n")
        else:
            self._in_letter = words[:4].upper() == b"DATA"
            self._transport.write(b"354 go\r\n" if self._in_letter else b"250 ok\r\n")
        return True

    def _count(self) -> None:
        Sink.taken += 1
        sys.stdout.write(f"{Sink.taken} {time.monotonic()}\n")
        sys.stdout.flush()


async def main() -> None:
    server = await asyncio.get_running_loop().create_server(Sink, "127.0.0.1", 0)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
