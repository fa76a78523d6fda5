"""Names and tags of languages as song files write them, as two-letter codes."""

from __future__ import annotations

import re
from typing import Final

_CODES: Final = {
    "arabic": "ar", "basque": "eu", "bulgarian": "bg", "cantonese": "yue", "catalan": "ca",
    "chinese": "zh", "croatian": "hr", "czech": "cs", "danish": "da", "dutch": "nl",
    "english": "en", "estonian": "et", "esperanto": "eo", "finnish": "fi", "flemish": "nl",
    "french": "fr", "galician": "gl", "german": "de", "greek": "el", "hebrew": "he", "hindi": "hi",
    "hungarian": "hu", "icelandic": "is", "indonesian": "id", "irish": "ga", "italian": "it",
    "japanese": "ja", "korean": "ko", "latin": "la", "latvian": "lv", "lithuanian": "lt",
    "malay": "ms", "mandarin": "zh", "norwegian": "no", "persian": "fa", "polish": "pl",
    "portuguese": "pt", "romanian": "ro", "russian": "ru", "serbian": "sr", "slovak": "sk",
    "slovene": "sl", "slovenian": "sl", "spanish": "es", "swedish": "sv", "tagalog": "tl",
    "thai": "th", "turkish": "tr", "ukrainian": "uk", "vietnamese": "vi", "welsh": "cy",
    "deutsch": "de", "español": "es", "français": "fr", "italiano": "it", "português": "pt",
    "engl": "en", "frenc": "fr", "germ": "de", "span": "es", "ital": "it", "japa": "ja",
    "port": "pt", "eng": "en", "deu": "de", "ger": "de", "fra": "fr", "fre": "fr", "spa": "es",
    "ita": "it", "jpn": "ja", "kor": "ko", "zho": "zh", "chi": "zh", "cmn": "zh", "por": "pt",
    "nld": "nl", "dut": "nl", "rus": "ru", "pol": "pl", "swe": "sv", "nor": "no", "dan": "da",
    "fin": "fi", "lat": "la",
}  # fmt: skip
"""English and own names, ISO 639-2 codes and KAR's four letters."""


def language_code(written: str) -> str:
    """The two-letter code of the first language named, such as "en" for "English, German" or "en-GB".

    Returns:
        The code; what was written, in lower case, where it is no known language; empty for nothing.
    """
    first = re.split(r"[,;/(]", written.strip().lower(), maxsplit=1)[0].strip()
    if first in _CODES:
        return _CODES[first]
    tag = re.fullmatch(r"([a-z]{2,3})(?:[-_][a-z0-9]+)*", first)
    return _CODES.get(tag[1], tag[1]) if tag else first
