"""One open stream: a bounded heap of what its page hasn't been told yet."""

from __future__ import annotations

import threading


class Stream:
    """`tenant_id` and `user_id`: whose it is; None: a token's. `pages`: which page's, see the hub.
    `sight`: the channels that its person sees, None: all.

    Equal events that wait together are one. A page that takes nothing for so long that `backlog`
    different ones wait is told that it missed some, `missed`, instead of all of them.
    """

    def __init__(
        self,
        tenant_id: int,
        user_id: int | None,
        pages: frozenset[str],
        backlog: int,
        missed: str,
        sight: frozenset[int] | None = None,
    ) -> None:
        self.tenant_id = tenant_id
        self.user_id = user_id
        self.pages = pages
        self.sight = sight
        self.is_ended = False
        self._backlog = backlog
        self._missed = missed
        self._lock = threading.Lock()
        self._waiting: dict[str, None] = {}
        self._bell = threading.Event()

    def sees(self, channel_id: int | None) -> bool:
        """Whether what happened on a channel, or (None) on none, is for this person."""
        return channel_id is None or self.sight is None or channel_id in self.sight

    def put(self, text: str) -> bool:
        """Add to what waits. True: nothing waited before, so somebody has to `ring`."""
        with self._lock:
            was_empty = not self._waiting
            if len(self._waiting) >= self._backlog:
                self._waiting = {self._missed: None}
            self._waiting[text] = None
        return was_empty

    def ring(self) -> None:
        """Wake whoever waits in `take`."""
        self._bell.set()

    def take(self, seconds: float) -> str:
        """All that waits, as one text; waits for a ring up to `seconds` where there is nothing."""
        self._bell.wait(seconds)
        self._bell.clear()
        with self._lock:
            texts, self._waiting = self._waiting, {}
        return "".join(texts)

    def end(self) -> None:
        """The last thing that happens to it."""
        self.is_ended = True
        self._bell.set()
