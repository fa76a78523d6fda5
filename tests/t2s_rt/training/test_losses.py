import pytest

torch = pytest.importorskip("torch", reason='no torch: pip install -e ".[train]"')

from t2s_rt.training.losses import (  # noqa: E402
    REST_SHARE,
    frame_trust,
    motion_loss,
    presence_loss,
    sound_loss,
)
from t2s_rt.training.rendering import UNKNOWN  # noqa: E402

pytestmark = pytest.mark.torch

SCALE = torch.tensor([0.1, 0.1])
TRUSTED = torch.ones(1, 2)


def waves() -> torch.Tensor:
    time = torch.arange(200) / 60.0
    return torch.stack((0.3 + 0.2 * torch.sin(9 * time), 0.3 + 0.2 * torch.cos(7 * time)), dim=1)[None]


def loss(predicted: torch.Tensor, weights: torch.Tensor = TRUSTED, warm_up: int = 10) -> float:
    trust = weights[:, None].expand(-1, 200, -1)
    return float(motion_loss(predicted, waves(), trust, SCALE, warm_up))


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


def test_the_mouth_counts_little_where_nobody_sings() -> None:
    voice = torch.tensor([[0] * 20 + [1] * 10 + [0] * 20 + [UNKNOWN] * 10])
    trust = frame_trust(TRUSTED, voice)[0, :, 0]
    assert trust[25] == trust[17] == trust[55] == 1.0  # a voice, just before one, and who knows
    assert trust[0] == trust[40] == pytest.approx(REST_SHARE)


def test_presence_is_judged_only_where_it_is_known() -> None:
    voice = torch.tensor([[1, 0, UNKNOWN, UNKNOWN]])
    right, wrong = torch.tensor([[5.0, -5.0, 9.0, -9.0]]), torch.tensor([[-5.0, 5.0, 9.0, -9.0]])
    assert presence_loss(right, voice, 0) < 0.01
    assert presence_loss(wrong, voice, 0) == pytest.approx(5.0, abs=0.01)
    assert presence_loss(wrong, torch.full((1, 4), UNKNOWN), 0) == 0.0


def test_sounds_are_judged_only_where_they_are_known() -> None:
    logits = 9.0 * torch.nn.functional.one_hot(torch.tensor([[0, 2, 1]]), 3).float()
    assert sound_loss(logits, torch.tensor([[0, 2, UNKNOWN]]), 0) < 0.01
    assert sound_loss(logits, torch.tensor([[1, 2, UNKNOWN]]), 0) > 3.0
    assert sound_loss(logits, torch.full((1, 3), UNKNOWN), 0) == 0.0
