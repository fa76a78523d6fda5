"""The bank of exemplars as the rubric searches it: with both halves of its score, or with one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from bench.rubric_files import HeldOut
from bench.subtitles_rubric import FIRST, Half, Search
from t2s_rt.pregen.agra import Bank, Weights
from t2s_rt.pregen.phrase import Emotion

WEIGHTS: Final = {
    Half.BOTH: Weights(),
    Half.TEXT: replace(Weights(), sound=0.0),
    Half.SOUND: replace(Weights(), text=0.0),
}


def search_of(bank: Bank) -> Search:
    """A search of this bank for the rubric."""

    def search(phrase: HeldOut, half: Half) -> Sequence[Emotion]:
        found = bank.retrieve(phrase.text, phrase.language, phrase.sound, FIRST, WEIGHTS[half])
        return [one.exemplar.emotion for one in found]

    return search


def searches() -> dict[str, Search]:
    """Our bank, with the installed embedding and with the lexical fallback.

    Raises:
        SetupError: The embedding is installed but does not load.
    """
    meaning = Bank.load()
    lexical = Bank.load(lexical=True)
    return {meaning.embedder.name: search_of(meaning), lexical.embedder.name: search_of(lexical)}
