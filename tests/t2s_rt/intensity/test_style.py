import pytest

from t2s_rt.errors import ConfigError
from t2s_rt.intensity.style import USUAL, chance, check_style, factor


def test_the_usual_style_changes_nothing_to_the_bit():
    for ends in ((0.4, 1.5), (0.1, 7.0), (1.3, 0.7)):
        assert factor(USUAL, ends) == 1.0
        assert chance(0.71, USUAL, ends) == 0.71


def test_a_factor_goes_from_calm_to_wild_without_a_step_back():
    factors = [factor(k / 10, (0.4, 1.5)) for k in range(11)]
    assert factors[0] == pytest.approx(0.4)
    assert factors[-1] == pytest.approx(1.5)
    assert factors == sorted(factors)


def test_a_chance_is_never_above_one():
    assert chance(0.8, 1.0, (0.5, 1.6)) == 1.0
    assert chance(0.8, 0.0, (0.5, 1.6)) == pytest.approx(0.4)


@pytest.mark.parametrize("style", [-0.01, 1.01, float("nan"), float("inf")])
def test_what_is_no_style_is_refused_with_advice(style):
    with pytest.raises(ConfigError, match=r"style is .* 0 \(calm\) .* 1 \(wild\)"):
        check_style(style)
