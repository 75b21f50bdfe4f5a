"""Reading an answer under a cap on what it unpacks to.

httpx would unpack each chunk whole before anyone could count it: 64 KB of zeros become
64 MB. Here a chunk is unpacked in steps that never exceed what is still allowed.
"""

import zlib
from collections.abc import Iterable, Iterator

from core.outbound.failures import OutcomeUnknown, ResponseTooLarge
from core.words import say

ACCEPTED = "gzip, deflate"  # what `unpacked` undoes; br and zstd would need more packages

_STEP = 65536


def unpacked(chunks: Iterable[bytes], encoding: str, max_bytes: int) -> Iterator[bytes]:
    """The decoded body in pieces; ResponseTooLarge as soon as it outgrows `max_bytes`.

    `encoding` is the Content-Encoding header, "" for none. OutcomeUnknown for an encoding
    that wasn't asked for, or a body that isn't what it says.
    """
    total = 0
    for piece in _decoded(chunks, encoding.strip().lower()):
        total += len(piece)
        if total > max_bytes:
            raise ResponseTooLarge(max_bytes)
        yield piece


def _decoded(chunks: Iterable[bytes], encoding: str) -> Iterator[bytes]:
    if encoding in ("", "identity"):
        yield from chunks
        return
    if encoding not in ("gzip", "x-gzip", "deflate"):
        raise OutcomeUnknown("encoding", say("The answer is packed in a way we didn't ask for."))
    # 32: gzip or zlib, whichever the header says
    unpacker = zlib.decompressobj(zlib.MAX_WBITS | 32)
    is_empty = True  # as the answer to HEAD, or 304, whatever its headers say
    try:
        for chunk in chunks:
            waiting = chunk
            is_empty = is_empty and not chunk
            while waiting and not unpacker.eof:
                yield unpacker.decompress(waiting, _STEP)
                waiting = unpacker.unconsumed_tail
        yield unpacker.flush()
    except zlib.error:
        raise OutcomeUnknown("encoding", say("The answer's packing is damaged.")) from None
    if not unpacker.eof and not is_empty:
        raise OutcomeUnknown("encoding", say("The answer broke off."))
