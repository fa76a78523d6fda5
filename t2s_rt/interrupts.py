"""Ctrl-C while C extensions are imported.

Extensions run Python code while they start, and many take a ``KeyboardInterrupt`` in it for a failed
import: the Ctrl-C is lost, and the library seems not to be installed.
"""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator
from types import FrameType


@contextlib.contextmanager
def interrupts_held() -> Iterator[None]:
    """Let a Ctrl-C wait until the block has ended; a second one does not wait.

    On other threads than the main one, which receive no signals, and where Ctrl-C is not Python's
    own ``KeyboardInterrupt``, nothing is done.

    Raises:
        KeyboardInterrupt: Ctrl-C came during the block; raised at its end, whatever the block raised.
    """
    usual = signal.getsignal(signal.SIGINT)
    came = False

    def hold(_signal: int, _frame: FrameType | None) -> None:
        nonlocal came
        if came:
            raise KeyboardInterrupt
        came = True

    try:
        held = usual is signal.default_int_handler and signal.signal(signal.SIGINT, hold) is usual
    except ValueError:  # another thread than the main one
        held = False
    if not held:
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, usual)
        if came:
            raise KeyboardInterrupt
