"""Keeps the sound drivers of Linux from talking over the status line."""

from __future__ import annotations

import ctypes
import functools
import os
import sys


@functools.cache
def quieten_drivers() -> None:
    """Keep ALSA and JACK from writing about every device that is not there to stderr.

    Linux only; elsewhere the capture libraries are quiet. Both take a function that is told their
    messages; they get one of the C library that ignores what it is told, so that no audio thread needs
    Python for it. Where a library is missing there is nothing to quieten. PortAudio itself still writes
    a line or two when a running device breaks.
    """
    if sys.platform != "linux":
        return
    os.environ.setdefault("JACK_NO_START_SERVER", "1")
    ignore = ctypes.cast(ctypes.CDLL(None).getpid, ctypes.c_void_p)
    for library, setters in (
        ("libasound.so.2", ("snd_lib_error_set_handler",)),
        ("libjack.so.0", ("jack_set_error_function", "jack_set_info_function")),
    ):
        try:
            loaded = ctypes.CDLL(library)
        except OSError:
            continue
        for setter in setters:
            function = getattr(loaded, setter, None)
            if function is not None:
                function(ignore)
