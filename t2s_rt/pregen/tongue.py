"""Which language a line is in, where the file does not say: by its script, else by its small words."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from typing import Final

CURLY_APOSTROPHE: Final = "\u2019"
LEAST_VOTES: Final = 3
"""Fewer small words than this do not name a language."""

_SMALL_WORDS: Final = {
    "en": "the and you i my me is it in to of on for with your we are be this that all was but not so "
    "don't i'm it's when what never will they no",
    "de": "der die das und ich du nicht ist ein eine mein dein wir ihr sie es mit auf für im zu den dem "
    "bin bist sind war wenn was nur noch kein mich dich mir dir",
    "es": "el la los las y que de no en un una mi tu es por con para me te se lo yo como pero más "
    "cuando si ya está eres quiero",
    "fr": "le la les et que de je tu il elle nous vous ne pas un une mon ton dans pour sur est c'est au "
    "du des qui me te se moi toi mais j'ai",
    "it": "il la i le e che di non un una mio tuo è per con in sono sei mi ti ci si io tu ma come più "
    "quando della nel al",
    "pt": "o a os as e que de não em um uma meu teu é por com para me te se eu você mas como mais "
    "quando do da no na está",
}
_BY_WORD: Final[dict[str, tuple[str, ...]]] = {
    word: tuple(code for code, words in _SMALL_WORDS.items() if word in words.split())
    for words in _SMALL_WORDS.values()
    for word in words.split()
}
_WORD: Final = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")


def language_by_script(text: str) -> str:
    """The script's only language of ours (ja, ko, zh, ru), "la" for Latin letters, "" for others."""
    counts = Counter(_script(character) for character in text if character.isalpha())
    if counts["ja"]:
        return "ja"  # kana among Han characters
    return max(("ko", "zh", "ru", "la"), key=lambda code: counts[code]) if counts.total() else ""


def language_by_words(texts: Iterable[str]) -> str:
    """The language whose small words are most frequent, "" where they are few or undecided."""
    votes: Counter[str] = Counter()
    for text in texts:
        plain = unicodedata.normalize("NFC", text.lower()).replace(CURLY_APOSTROPHE, "'")
        for word in sorted(set(_WORD.findall(plain))):  # once a line: "na na na" is no Portuguese
            codes = _BY_WORD.get(word, ())
            votes.update({code: 1.0 / len(codes) for code in codes})
    ranked = votes.most_common(2)
    if not ranked or ranked[0][1] < LEAST_VOTES:
        return ""
    return "" if len(ranked) > 1 and ranked[0][1] < 1.2 * ranked[1][1] else ranked[0][0]


def languages_of(texts: list[str], declared: str) -> list[str]:
    """The language of each line of a song.

    Args:
        texts: The lines.
        declared: The song's two-letter code, "" where its file has none.

    Returns:
        The declared language, or the guessed one, for each line; but a line in another script than the
        rest is in the language of its script ("en" for Latin letters among Japanese, Korean, Chinese or
        Russian ones; where a whole Japanese song is in Latin letters, it stays Japanese).
    """
    scripts = [language_by_script(text) for text in texts]
    native = [code for code in scripts if code not in ("", "la")]
    song = declared or (Counter(native).most_common(1)[0][0] if native else language_by_words(texts))
    mixed = bool(native) and "la" in scripts and song in ("ja", "ko", "zh", "ru")
    return [_of_line(script, song, mixed=mixed) for script in scripts]


def _of_line(script: str, song: str, *, mixed: bool) -> str:
    if script == "la":
        return "en" if mixed else song
    if script == "zh" and song == "ja":
        return "ja"  # a line of Han characters alone
    if script == "ru" and song in ("uk", "be", "bg", "sr"):
        return song
    return script or song


def _script(character: str) -> str:
    code = ord(character)
    if 0x3040 <= code <= 0x30FF or 0x31F0 <= code <= 0x31FF or 0xFF66 <= code <= 0xFF9F:
        return "ja"
    if 0xAC00 <= code <= 0xD7A3 or 0x1100 <= code <= 0x11FF:
        return "ko"
    if 0x3400 <= code <= 0x9FFF or 0xF900 <= code <= 0xFAFF or 0x20000 <= code <= 0x3FFFF:
        return "zh"
    if 0x0400 <= code <= 0x052F:
        return "ru"
    return "la" if code < 0x0250 or 0x1E00 <= code <= 0x1EFF else ""
