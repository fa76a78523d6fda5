import numpy as np
import pytest

from t2s_rt.errors import CorpusError
from t2s_rt.training.prepare.clip import LabelledClip


def clip(*sounds: tuple[str, float, float]) -> LabelledClip:
    return LabelledClip(
        "one", np.zeros(16_000, np.float32), 16_000, sounds, "", "me", "en", "test", "none", None
    )


def test_pauses_between_sounds_are_allowed() -> None:
    assert clip(("a", 0.1, 0.2), ("m", 0.5, 1.0)).duration_s == 1.0


@pytest.mark.parametrize("sounds", [(("a", 0.3, 0.2),), (("a", 0.1, 0.5), ("m", 0.4, 0.6))])
def test_sounds_out_of_order_are_refused(sounds: tuple[tuple[str, float, float], ...]) -> None:
    with pytest.raises(CorpusError, match="clip one of test are out of order"):
        clip(*sounds)


def test_sounds_beyond_the_recording_are_refused() -> None:
    with pytest.raises(CorpusError, match=r"lasts 1\.00 s, but its sounds stand at 0\.10 to 1\.20 s"):
        clip(("a", 0.1, 1.2))
