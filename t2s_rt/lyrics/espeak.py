"""eSpeak NG: how words of about a hundred languages are pronounced.

The library and its data come with the package ``espeakng-loader``. It is loaded at the first question,
once a process; it makes no sound and writes no file. Its voice is global, so questions take turns.
"""

from __future__ import annotations

import ctypes
import os
import re
import threading
from functools import cache, lru_cache
from typing import Final

from t2s_rt.errors import SetupError

_SYNCHRONOUS: Final = 2
_DO_NOT_EXIT: Final = 0x8000
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
_LOCK: Final = threading.Lock()


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
        rate_hz = library.espeak_Initialize(_SYNCHRONOUS, 0, data, _DO_NOT_EXIT)
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
    return library
