import numpy as np

from t2s_rt.training.prepare.calibrate import compare, pair

LABELS = (("m", 0.0, 0.1), ("a", 0.1, 0.2), ("ɫ", 0.2, 0.3), ("tɕ", 0.3, 0.4), ("pʲ", 0.4, 0.5))


def test_equal_members_are_paired_in_order() -> None:
    assert pair("mVl", "mVl") == [(0, 0), (1, 1), (2, 2)]
    assert pair("mVlV", "mVV") == [(0, 0), (1, 1), (3, 2)]
    assert pair("mV", "") == []


def test_errors_are_those_of_paired_sounds_late_is_positive() -> None:
    found = (("m", 0.01, 0.12), ("ʌ", 0.12, 0.2), ("l", 0.2, 0.3), ("tʃ", 0.3, 0.45), ("p", 0.45, 0.5))
    compared = compare(found, LABELS)
    assert np.allclose(compared.starts_s, [0.01, 0.02, 0.0, 0.0, 0.05], atol=1e-6)
    assert np.allclose(compared.lips_s, [[0.01, 0.02], [0.05, 0.0]], atol=1e-6)
    assert (compared.lips, compared.paired, compared.within_40_ms) == ("mp", 1.0, 0.8)


def test_a_sound_that_nobody_labelled_is_not_compared() -> None:
    found = (("m", 0.0, 0.1), ("s", 0.1, 0.15), ("a", 0.15, 0.2))
    compared = compare(found, LABELS)
    assert np.allclose(compared.starts_s, [0.0, 0.05], atol=1e-6)
    assert compared.paired == 0.4
