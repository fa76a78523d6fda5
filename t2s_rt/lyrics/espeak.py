"""eSpeak NG: how words of about a hundred languages are pronounced.

The library and its data come with the package ``espeakng-loader``. It is loaded at the first question,
once a process; it writes no file and opens no device. Its voice is global, so questions take turns.
"""

from __future__ import annotations

import ctypes
import os
import re
import threading
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from t2s_rt.errors import SetupError
from t2s_rt.types import FloatArray

if TYPE_CHECKING:
    from collections.abc import Callable

_SYNCHRONOUS: Final = 2
_DO_NOT_EXIT: Final = 0x8000
_PHONEME_EVENTS: Final = 0x0001 | 0x0002
"""Report each phoneme while synthesising, named in IPA."""
_UTF8: Final = 1
_IPA: Final = 0x02
_SEPARATOR: Final = "_"
_SWITCH: Final = re.compile(r"\([a-z-]+\)")
"""eSpeak names the language it changes to for foreign words, such as ``(en)``."""
_VOICES: Final = {
    "": "en-us", "en": "en-us", "zh": "cmn", "no": "nb", "tl": "en-us", "fil": "en-us", "iw": "he",
    "pt": "pt-br", "jp": "ja",
}  # fmt: skip
"""Voices of languages whose code eSpeak does not know or has several for."""
_CANTONESE_TONE: Final = "ɜ"
"""What the third tone becomes in IPA; no Cantonese vowel."""
_LONGEST_TEXT: Final = 2_000
"""Characters of one question; a line of lyrics is far shorter."""
_RATE_PARAMETER: Final = 1
USUAL_WPM: Final = 175
"""eSpeak's usual pace, in its words per minute."""
SLOWEST_WPM: Final = 80
FASTEST_WPM: Final = 450
_EVENT_END, _EVENT_WORD, _EVENT_PHONEME = 0, 1, 7
_LOCK: Final = threading.Lock()


@dataclass(frozen=True, slots=True)
class Speech:
    """A text as eSpeak NG says it.

    Attributes:
        samples: ``(N,)`` mono in [-1, 1].
        rate_hz: Of ``samples``.
        phonemes: ``(name, start_sample)`` in order; the name is IPA with stress marks, cut by eSpeak
            after eight bytes, and empty where a pause begins.
        words: First sample of each word.
    """

    samples: FloatArray
    rate_hz: int
    phonemes: tuple[tuple[str, int], ...]
    words: tuple[int, ...]


def has_language(language: str) -> bool:
    """Whether eSpeak NG speaks a language, as a two- or three-letter code.

    Raises:
        SetupError: eSpeak NG is not installed.
    """
    with _LOCK:
        return _choose(_voice(language))


@lru_cache(maxsize=16_384)
def pronounce(text: str, language: str) -> tuple[tuple[str, ...], ...]:
    """How eSpeak NG says a text.

    Args:
        text: A word or a line.
        language: Two-letter code; one that eSpeak does not speak is read as English.

    Returns:
        For each word that eSpeak makes of it (it may join two), its phonemes in IPA with stress marks.
        Empty where there is nothing to say. Foreign words are in the sounds of their own language.

    Raises:
        SetupError: eSpeak NG is not installed.
    """
    with _LOCK:
        if not _choose(_voice(language)):
            _choose(_VOICES[""])
        spoken = _ask(text[:_LONGEST_TEXT])
    spoken = _SWITCH.sub("", spoken)
    if language == "yue":
        spoken = spoken.replace(_CANTONESE_TONE, "")
    words = (tuple(filter(None, word.split(_SEPARATOR))) for word in spoken.split())
    return tuple(word for word in words if word)


def speak(text: str, language: str, wpm: int = USUAL_WPM) -> Speech:
    """Let eSpeak NG say a text, into memory.

    Args:
        text: A sentence or a few.
        language: As `pronounce` takes it, or a voice of eSpeak's such as ``es-419``.
        wpm: Its pace, limited to `SLOWEST_WPM` and `FASTEST_WPM`.

    Raises:
        SetupError: eSpeak NG is not installed.
    """
    recorder = _Recorder()
    spoken = text[:_LONGEST_TEXT].replace("\0", " ").encode("utf-8", "ignore")
    with _LOCK:
        library = _library()
        if not _choose(_voice(language)):
            _choose(_VOICES[""])
        library.espeak_SetParameter(_RATE_PARAMETER, min(max(wpm, SLOWEST_WPM), FASTEST_WPM), 0)
        _forget(library)
        hear = _CALLBACK(recorder.hear)
        library.espeak_SetSynthCallback(hear)
        library.espeak_Synth(spoken, len(spoken) + 1, 0, 1, 0, _UTF8, None, None)
        library.espeak_SetSynthCallback(_CALLBACK())
    return Speech(
        np.concatenate(recorder.blocks) if recorder.blocks else np.zeros(0, np.float32),
        _rate_hz(), tuple(recorder.phonemes), tuple(recorder.words),
    )  # fmt: skip


def _forget(library: ctypes.CDLL) -> None:
    """Say a vowel that nobody hears: after some questions the next text loses its first sound."""
    ignore = _CALLBACK(lambda _wave, _count, _events: 0)
    library.espeak_SetSynthCallback(ignore)
    library.espeak_Synth(b"a", 2, 0, 1, 0, _UTF8, None, None)


class _EventId(ctypes.Union):
    _fields_ = (  # type: ignore[mutable-override] # a tuple serves as well
        ("number", ctypes.c_int), ("name", ctypes.c_char_p), ("string", ctypes.c_char * 8),
    )  # fmt: skip


class _Event(ctypes.Structure):
    """``espeak_EVENT`` of speak_lib.h."""

    _fields_ = (  # type: ignore[mutable-override]
        ("type", ctypes.c_int), ("unique_identifier", ctypes.c_uint), ("text_position", ctypes.c_int),
        ("length", ctypes.c_int), ("audio_position", ctypes.c_int), ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p), ("id", _EventId),
    )  # fmt: skip


_CALLBACK: Final[Callable[..., Any]] = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event)
)


class _Recorder:
    """What eSpeak NG reports while it synthesises."""

    def __init__(self) -> None:
        self.blocks: list[FloatArray] = []
        self.phonemes: list[tuple[str, int]] = []
        self.words: list[int] = []

    def hear(self, wave: Any, count: int, events: Any) -> int:  # noqa: ANN401 # ctypes pointers
        if wave and count > 0:
            self.blocks.append(np.ctypeslib.as_array(wave, (count,)).astype(np.float32) / 32768.0)
        for k in range(1 << 20):
            event = events[k]
            if event.type == _EVENT_END:
                break
            if event.type == _EVENT_WORD:
                self.words.append(event.sample)
            elif event.type == _EVENT_PHONEME:
                name = ctypes.string_at(ctypes.addressof(event) + _Event.id.offset, 8).split(b"\0")[0]
                self.phonemes.append((name.decode("utf-8", "ignore"), event.sample))
        return 0  # go on


def _voice(language: str) -> str:
    return _VOICES.get(language, language)


def _ask(text: str) -> str:
    library = _library()
    said: list[str] = []
    rest = ctypes.c_char_p(text.replace("\0", " ").encode("utf-8", "ignore"))
    while rest.value is not None:  # one clause at a time
        clause = library.espeak_TextToPhonemes(ctypes.byref(rest), _UTF8, _IPA | ord(_SEPARATOR) << 8)
        said.append((clause or b"").decode("utf-8", "ignore"))
    return " ".join(said)


def _choose(voice: str) -> bool:
    """Change the global voice; the caller holds the lock. Changing to another costs milliseconds."""
    if _CHOSEN and _CHOSEN[0] == voice:
        return True
    if not re.fullmatch(r"[a-z]{2,8}(-[a-z0-9]{2,8})*", voice):
        return False
    if _library().espeak_SetVoiceByName(voice.encode("ascii")) != 0:
        return False
    _CHOSEN[:] = [voice]
    return True


_CHOSEN: Final[list[str]] = []
_RATE_HZ: Final[list[int]] = []


def _rate_hz() -> int:
    _library()
    return _RATE_HZ[0]


@cache
def _library() -> ctypes.CDLL:
    try:
        import espeakng_loader
    except ImportError as problem:
        raise SetupError(
            "The pronunciation of lyrics needs eSpeak NG, which is not installed.",
            "Run: pip install espeakng-loader",
        ) from problem
    try:
        library = ctypes.CDLL(os.fspath(espeakng_loader.get_library_path()))
        data = os.fsencode(espeakng_loader.get_data_path())
        rate_hz = library.espeak_Initialize(_SYNCHRONOUS, 0, data, _DO_NOT_EXIT | _PHONEME_EVENTS)
    except OSError as problem:
        raise SetupError(
            f"eSpeak NG cannot be loaded ({problem}).",
            "Run: pip install --force-reinstall espeakng-loader",
        ) from problem
    if rate_hz <= 0:
        raise SetupError(
            "eSpeak NG did not find its data.", "Run: pip install --force-reinstall espeakng-loader"
        )
    library.espeak_TextToPhonemes.restype = ctypes.c_char_p
    library.espeak_TextToPhonemes.argtypes = [
        ctypes.POINTER(ctypes.c_char_p),
        ctypes.c_int,
        ctypes.c_int,
    ]
    library.espeak_SetVoiceByName.argtypes = [ctypes.c_char_p]
    library.espeak_Synth.argtypes = [
        ctypes.c_char_p, ctypes.c_size_t, ctypes.c_uint, ctypes.c_int, ctypes.c_uint, ctypes.c_uint,
        ctypes.c_void_p, ctypes.c_void_p,
    ]  # fmt: skip
    _RATE_HZ[:] = [rate_hz]
    return library
