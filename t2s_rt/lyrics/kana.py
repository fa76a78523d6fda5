"""Japanese as it is sung: kana, and kana in Latin letters, to sounds by table."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

from t2s_rt.lyrics.ipa import NON_SYLLABIC, UNRELEASED, Sound

U: Final = "ɯᵝ"
"""Japanese 'u': lips drawn together, not pushed forward."""
MORAIC_NASAL: Final = "ɴ"
GLOTTAL_STOP: Final = "ʔ"
_VOWELS: Final = {"a": "a", "i": "i", "u": U, "e": "e", "o": "o"}
_CONSONANTS: Final = {
    "": (), "k": ("k",), "g": ("ɡ",), "s": ("s",), "sh": ("ɕ",), "z": ("z",), "j": ("dʑ",), "t": ("t",),
    "ch": ("tɕ",), "ts": ("ts",), "d": ("d",), "n": ("n",), "h": ("h",), "f": ("ɸ",), "b": ("b",),
    "p": ("p",), "m": ("m",), "y": ("j",), "r": ("ɾ",), "w": ("w",), "v": ("v",), "ky": ("k", "j"),
    "gy": ("ɡ", "j"), "ny": ("ɲ",), "hy": ("ç",), "by": ("b", "j"), "py": ("p", "j"), "my": ("m", "j"),
    "ry": ("ɾ", "j"), "ty": ("t", "j"), "dy": ("d", "j"), "kw": ("k", "w"), "gw": ("ɡ", "w"),
}  # fmt: skip
_STEMS: Final = {"sy": "sh", "zy": "j", "jy": "j", "ty": "ch"}
_WHOLE: Final = {"si": "shi", "ti": "chi", "tu": "tsu", "hu": "fu", "zi": "ji", "di": "ji", "du": "zu"}
"""How the official romanisation writes sounds that the table above names by Hepburn's."""
_ROMAJI: Final = re.compile(
    r"(?P<cl>([kstpcgdbzjfr])(?=\2)|t(?=ch))"
    r"|(?P<n>n(?:'|(?![aiueoy])))|(?P<m>m(?=[pbm]))"
    r"|(?P<c>[kgszjtdnhfbpmr]y|sh|ch|ts|[kg]w|[kgszjtdnhfbpmyrwv]|)(?P<v>[aiueo])"
    r"|(?P<quiet>['’\-~.,!?…\"]+)"
)
_TABLE: Final = """
あa いi うu えe おo かka きki くku けke こko がga ぎgi ぐgu げge ごgo さsa しshi すsu せse
そso ざza じji ずzu ぜze ぞzo たta ちchi つtsu てte とto だda ぢji づzu でde どdo なna にni
ぬnu ねne のno はha ひhi ふfu へhe ほho ばba びbi ぶbu べbe ぼbo ぱpa ぴpi ぷpu ぺpe ぽpo
まma みmi むmu めme もmo やya ゆyu よyo らra りri るru れre ろro わwa ゐi ゑe をo ゔvu
ぁa ぃi ぅu ぇe ぉo ゎwa ゕka ゖke
"""
_KANA: Final = {entry[0]: entry[1:] for entry in _TABLE.split()}
_SMALL_Y: Final = {"ゃ": "a", "ゅ": "u", "ょ": "o"}
_SMALL_VOWELS: Final = {"ぁ": "a", "ぃ": "i", "ぅ": "u", "ぇ": "e", "ぉ": "o", "ゎ": "a"}
_PALATAL: Final = frozenset({"sh", "ch", "j", "ts"})
_KATAKANA_TO_HIRAGANA: Final = ord("ァ") - ord("ぁ")


@dataclass(frozen=True, slots=True)
class Mora:
    """One mora and where it is written.

    Attributes:
        sounds: Its sounds, in order.
        at: Index of the character that holds its vowel, or of its only one.
    """

    sounds: tuple[Sound, ...]
    at: int


def is_kana(character: str) -> bool:
    """Whether a character is hiragana, katakana (also half width) or their mark of length."""
    return "\u3041" <= character <= "\u30ff" or "\uff66" <= character <= "\uff9f"


def read_kana(text: str) -> list[Mora]:
    """Sounds of kana.

    Args:
        text: Any text; what is no kana is passed over.

    Returns:
        Its morae. A mark of length lasts as the vowel before; a small ``っ`` is the closure of the
        consonant after it; ``ん`` carries a syllable.
    """
    morae: list[Mora] = []
    closed_at = -1
    letters = [_hiragana(character) for character in text]
    i = 0
    while i < len(letters):
        spelt, used = _spell(letters, i)
        if letters[i] == "っ":
            closed_at = i
        elif letters[i] == "ん":
            morae.append(Mora((Sound(MORAIC_NASAL, vowel=True),), i))
        elif letters[i] == "ー":
            morae += _lengthened(morae, i)
        elif spelt:
            sounds = _sounds(spelt)
            if closed_at >= 0:
                morae.append(Mora((_closure(sounds),), closed_at))
                closed_at = -1
            morae.append(Mora(sounds, i))
        i += used
    if closed_at >= 0:
        morae.append(Mora((Sound(GLOTTAL_STOP, vowel=False),), closed_at))
    return morae


def read_romaji(text: str) -> list[Mora] | None:
    """Sounds of Japanese in Latin letters.

    Args:
        text: A word, or part of one; macrons and circumflexes mark long vowels.

    Returns:
        Its morae, None where it cannot be Japanese ("love").
    """
    flat = "".join(unicodedata.normalize("NFD", character)[0] for character in text.lower())
    morae: list[Mora] = []
    closed_at = -1
    at = 0
    while at < len(flat):
        match = _ROMAJI.match(flat, at)
        if match is None:
            return None
        if match["cl"]:
            closed_at = at
        elif match["n"] or match["m"]:
            morae.append(Mora((Sound(MORAIC_NASAL if match["n"] else "m", vowel=True),), at))
        elif match["v"]:
            sounds = _sounds(_hepburn(match["c"], match["v"]))
            if closed_at >= 0:
                morae.append(Mora((_closure(sounds),), closed_at))
                closed_at = -1
            morae.append(Mora(sounds, match.end() - 1))
        at = match.end()
    return morae if morae and closed_at < 0 else None


def _hiragana(character: str) -> str:
    wide = (
        unicodedata.normalize("NFKC", character)[:1] if "\uff66" <= character <= "\uff9f" else character
    )
    if "ァ" <= wide <= "ヶ":
        return chr(ord(wide) - _KATAKANA_TO_HIRAGANA)
    return "ー" if wide in "ーｰ" else wide


def _spell(letters: list[str], i: int) -> tuple[str, int]:
    """Latin spelling of the mora that begins at a kana, and how many kana it takes."""
    spelt = _KANA.get(letters[i], "")
    small = letters[i + 1] if i + 1 < len(letters) else ""
    if not spelt or len(spelt) < 2:
        return (
            ("w" + _SMALL_VOWELS[small], 2)
            if spelt == "u" and small in "ぃぇぉ" and small
            else (spelt, 1)
        )
    stem = spelt[:-1]
    if small in _SMALL_Y:
        return stem + ("" if stem in _PALATAL else "y") + _SMALL_Y[small], 2
    if small in _SMALL_VOWELS and letters[i] not in _SMALL_VOWELS:
        return stem + _SMALL_VOWELS[small], 2
    return spelt, 1


def _sounds(spelt: str) -> tuple[Sound, ...]:
    stem, vowel = spelt[:-1], spelt[-1]
    consonants = tuple(Sound(ipa, vowel=False) for ipa in _CONSONANTS.get(stem, ()))
    return (*consonants, Sound(_VOWELS[vowel], vowel=True))


def _hepburn(stem: str, vowel: str) -> str:
    spelt = _STEMS.get(stem, stem) + vowel
    return _WHOLE.get(spelt, spelt)


def _lengthened(morae: list[Mora], at: int) -> list[Mora]:
    carried = [sound for mora in morae[-1:] for sound in mora.sounds if sound.vowel]
    return [Mora((carried[-1],), at)] if carried else []


def _closure(following: tuple[Sound, ...]) -> Sound:
    first = following[0]
    if first.vowel or NON_SYLLABIC in first.ipa:
        return Sound(GLOTTAL_STOP, vowel=False)
    return Sound(first.ipa[0] + UNRELEASED, vowel=False)
