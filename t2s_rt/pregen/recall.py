"""What a phrase may feel because such words, sung in such a way, felt it before: AGRA's vote."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

import numpy as np

from t2s_rt.pregen.agra import Bank
from t2s_rt.pregen.emotion import EMOTIONS, INDEX, Vector
from t2s_rt.pregen.phrase import Phrase

VOTERS: Final = 5
GAIN: Final = {True: 0.6, False: 0.3}
"""Log odds of a unanimous vote, by whether the bank compares texts by meaning."""
SHARPNESS: Final = 1.5
"""How much more a better exemplar's vote counts, per standard deviation of its score."""
REMEMBERED: Final = 4096


class Recall:
    """The vote of the exemplars that fit a phrase best.

    Args:
        bank: The exemplars.
    """

    def __init__(self, bank: Bank) -> None:
        self._bank = bank
        self._gain = GAIN[bank.embedder.by_meaning]
        self._known: OrderedDict[tuple[str, str, object], Vector] = OrderedDict()

    def evidence(self, phrase: Phrase) -> Vector:
        """Log odds ``(10,)``, 0 for emotions that no exemplar votes for."""
        key = (phrase.text, phrase.language, phrase.descriptors)
        if key not in self._known:
            self._known[key] = self._vote(phrase)
            if len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
        return self._known[key]

    def _vote(self, phrase: Phrase) -> Vector:
        found = self._bank.retrieve(phrase.text, phrase.language, phrase.descriptors, VOTERS)
        weights = np.exp([SHARPNESS * (one.score - found[0].score) for one in found])
        votes = np.zeros(len(EMOTIONS))
        for one, weight in zip(found, weights / weights.sum(), strict=True):
            votes[INDEX[one.exemplar.emotion]] += weight
        return self._gain * votes
