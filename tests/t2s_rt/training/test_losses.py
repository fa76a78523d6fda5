import pytest

torch = pytest.importorskip("torch", reason='no torch: pip install -e ".[train]"')

from t2s_rt.training.losses import motion_loss  # noqa: E402

pytestmark = pytest.mark.torch

SCALE = torch.tensor([0.1, 0.1])
TRUSTED = torch.ones(1, 2)


def waves() -> torch.Tensor:
    time = torch.arange(200) / 60.0
    return torch.stack((0.3 + 0.2 * torch.sin(9 * time), 0.3 + 0.2 * torch.cos(7 * time)), dim=1)[None]


def loss(predicted: torch.Tensor, weights: torch.Tensor = TRUSTED, warm_up: int = 10) -> float:
    return float(motion_loss(predicted, waves(), weights, SCALE, warm_up))


def test_what_is_right_costs_far_less_than_what_stands_still() -> None:
    assert loss(waves()) < 0.15 * loss(waves().mean(dim=1, keepdim=True).expand(-1, 200, -1))


def test_trembling_costs_more_than_the_same_error_at_rest() -> None:
    tremble = 0.02 * torch.tensor([1.0, -1.0]).repeat(100)[None, :, None]
    assert loss(waves() + tremble) > 2 * loss(waves() + 0.02)


def test_targets_that_are_not_trusted_do_not_count() -> None:
    wrong = waves()
    wrong[..., 1] = 0.9
    trusted_first = torch.tensor([[1.0, 0.0]])
    assert loss(wrong, trusted_first) == pytest.approx(loss(waves(), trusted_first), abs=1e-5)


def test_the_warm_up_does_not_count() -> None:
    late = waves()
    late[:, :20] = 0.9
    assert loss(late, warm_up=20) == pytest.approx(loss(waves(), warm_up=20), abs=1e-5)
