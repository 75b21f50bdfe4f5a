"""A line's time: what its libraries leave open, since each byte that comes begins theirs anew."""

from __future__ import annotations

import io
import socket
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer


class Clock:
    """How long a visit may take altogether, and each wait in it. Seconds."""

    def __init__(self, total: float, patience: float) -> None:
        self._ends = time.monotonic() + total
        self.patience = patience

    def left(self) -> float:
        """How long the next operation may take. Raises TimeoutError when the time is up."""
        left = self._ends - time.monotonic()
        if left <= 0:
            raise TimeoutError("The time is up.")
        return min(left, self.patience)


class Answers(io.BufferedReader):
    """What is said on a line. Every wait looks at the clock, in the middle of a line, too."""

    def __init__(self, line: socket.socket, clock: Clock) -> None:
        super().__init__(_Timed(line, clock))
        self.lines = 0
        """How many were read; whoever counts begins anew."""

    def readline(self, size: int | None = -1, /) -> bytes:
        self.lines += 1
        return super().readline(size)


class _Timed(io.RawIOBase):
    def __init__(self, line: socket.socket, clock: Clock) -> None:
        self._line, self._clock = line, clock

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        self._line.settimeout(self._clock.left())
        return self._line.recv_into(buffer)
