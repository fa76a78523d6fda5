"""Four Czech voices of festival, two men, a woman and a boy, read made-up sentences; exact times.

Diphones: each sound is cut from the recordings of one person, so that its time is known without any
alignment. Sources: Debian packages festvox-czech-{ph,dita,krb,machac} and festival-czech. Licences:
GPL-2+ (ph) and GPL-3+ (the others), Brailcom, o.p.s.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np

from t2s_rt.training.prepare.clip import RATE_HZ, LabelledClip
from t2s_rt.training.prepare.debian import Package, corpus_folder
from t2s_rt.training.prepare.festival import SHARE, assemble, kept_under, read_spoken

_KEPT: Final = (f"{SHARE}/*", "usr/share/doc/*/copyright")
LANGUAGE: Final = Package(
    "festival-czech", "0.3-6", "bb1c3763de06b2b744aaa48d78537eaf3f10f2af9a92691479b4f8f2142da7d0", _KEPT
)
VOICES: Final = {
    "ph": Package(
        "festvox-czech-ph", "0.1-6",
        "0e7833a7f670fdac3c3ee5664ab6ce4af9161c43904b745289eae33fba7a4edf", _KEPT,
    ),
    "dita": Package(
        "festvox-czech-dita", "1.0.0-5",
        "f4dc1c03c8815beeeeed8c8cc18c9c26f381ad0eadb10727ff5f850826e51cf0", _KEPT,
    ),
    "krb": Package(
        "festvox-czech-krb", "1.0.0-5",
        "802a6e647417437643de1ede07b54aeebdc4b180f01844a1b29480f7239fe784", _KEPT,
    ),
    "machac": Package(
        "festvox-czech-machac", "1.0.0-5",
        "76270a4526ed8222a840d272d32124854b242ccdcc4422d446f6a1f06576bb0f", _KEPT,
    ),
}  # fmt: skip
LICENCE: Final = "GPL-3+, Brailcom, o.p.s."
ENCODING: Final = "iso-8859-2"
SENTENCES: Final = 75
"""A voice reads so many, about 5 min."""
PAUSES: Final = frozenset("#")
PHONES: Final[dict[str, str]] = {
    **{letter: letter for letter in "abdefjklmnoprstuvz"},
    "a:": "aː", "e": "ɛ", "e:": "ɛː", "i": "ɪ", "i:": "iː", "o:": "oː", "u:": "uː",
    "c": "ts", "c~": "tʃ", "ch": "x", "d~": "ɟ", "dz": "dz", "dz~": "dʒ", "g": "ɡ", "h": "ɦ",
    "n*": "ŋ", "n~": "ɲ", "r~": "r̝", "r~*": "r̝̊", "s~": "ʃ", "t~": "c", "z~": "ʒ", "_": "ʔ",
}  # fmt: skip
"""IPA of festival-czech's phones."""

_WHO: Final = (
    "malá Božena", "náš soused Pepa", "starý mlynář", "moje babička", "unavený poštovní holub",
    "veselá zpěvačka", "mladý farmář z Brna", "jejich učitelka", "ten vysoký rybář", "bílá fena Bobina",
    "zmoklý básník", "lékařka Ema", "papoušek Filip", "dvojice muzikantů", "pan profesor Vávra",
    "jeden hbitý pavouk",
)  # fmt: skip
_DOES: Final = (
    "hledá", "kupuje", "maluje", "opravuje", "vypráví o tom, jak ztratil", "přináší",
    "bez povolení mění", "potichu schovává", "pomalu umývá", "v duchu vidí", "fotografuje",
    "zpívá píseň pro", "pumpuje vodu pro", "nevěří na", "věnuje obraz pro", "s úsměvem čistí",
)  # fmt: skip
_WHAT: Final = (
    "modrou lampu", "bubny a housle", "čtyři zelené papriky", "ptáčí budku", "velkou mapu Moravy",
    "dům pod lipou", "žluté ponožky", "hrušky, švestky a jablka", "starou gramofonovou desku",
    "křišťálový pohár", "páté kolo u vozu", "vůni ranní kávy", "příběh o mouše", "dřevěný most",
    "šest tučných vepřů", "obálku bez známky",
)  # fmt: skip
_WHERE: Final = (
    "u rybníka", "v půlnoci", "před divadlem", "na konci ulice", "během letní bouřky", "pod oblohou",
    "každé pondělí", "mezi poli", "v přístavu", "za deset minut osm", "uprostřed Prahy", "při obědě",
    "v opuštěné továrně", "o Vánocích", "bez jediného slova", "jako vždycky",
)  # fmt: skip


def clips() -> Iterator[LabelledClip]:
    """Every sentence of every voice, spoken once and then kept.

    Raises:
        SetupError: Festival is not there and does not run on this system.
        CorpusError: A package cannot be had, or festival fails.
    """
    folder = corpus_folder()
    festival = assemble((LANGUAGE, *VOICES.values()), folder)
    for name in VOICES:
        said = sentences(name)
        spoken = kept_under(folder, f"czech_{name}", said)
        festival.speak(f"voice_czech_{name}", said, ENCODING, spoken)
        yield from load_clips(spoken, name, said)


def sentences(voice: str) -> list[str]:
    """What a voice reads: grammatical, if odd; each voice its own."""
    rng = np.random.default_rng(list(voice.encode()))
    made = []
    for _ in range(SENTENCES):
        who, does, what, where = (str(rng.choice(words)) for words in (_WHO, _DOES, _WHAT, _WHERE))
        made.append(f"{who[0].upper()}{who[1:]} {does} {what} {where}.")
    return made


def load_clips(spoken: Path, voice: str, said: list[str]) -> Iterator[LabelledClip]:
    """The clips of a folder that festival wrote.

    Raises:
        CorpusError: A file cannot be read, or a phone is unknown.
    """
    for number, text in enumerate(said):
        samples, sounds = read_spoken(spoken / f"{number:04d}", PHONES, PAUSES)
        yield LabelledClip(
            name=f"{voice}_{number:04d}",
            samples=samples,
            rate_hz=RATE_HZ,
            sounds=sounds,
            text=text,
            speaker=f"festvox-czech/{voice}",
            language="cs",
            source="festvox-czech",
            licence=LICENCE,
            alignment_score=None,
        )
