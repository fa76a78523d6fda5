import pytest

torch = pytest.importorskip("torch", reason='no torch: pip install -e ".[train]"')

from t2s_rt.inference.inputs import INPUT_COUNT  # noqa: E402
from t2s_rt.model.network import MotionNetwork, Postures, Predicted, Shape, StepNetwork  # noqa: E402

pytestmark = pytest.mark.torch


def made(seed: int = 0) -> MotionNetwork:
    torch.manual_seed(seed)
    return MotionNetwork(Shape(outputs=3, sounds=5, channels=8, hidden=12, presence=6)).eval()


def drawn() -> Postures:
    """Each of the five sounds asks for something else."""
    chance = torch.Generator().manual_seed(3)
    return Postures(torch.rand(5, 3, generator=chance), torch.rand(5, 3, generator=chance))


def told(predicted: Predicted) -> torch.Tensor:
    """Actions and presence, as the exported network gives them."""
    actions = drawn()(predicted.actions, predicted.sounds)
    return torch.cat((actions, torch.sigmoid(predicted.presence)[..., None]), dim=2)


def stepped(network: MotionNetwork, frames: torch.Tensor) -> torch.Tensor:
    step = StepNetwork(network, drawn())
    state = [torch.zeros(len(frames), *shape) for shape in network.state_shapes().values()]
    rows = []
    for t in range(frames.shape[1]):
        actions, presence, *state = step(frames[:, t], *state)
        rows.append(torch.cat((actions, presence), dim=1))
    return torch.stack(rows, dim=1)


def test_frame_by_frame_is_the_whole_clip() -> None:
    network, frames = made(), torch.randn(2, 40, INPUT_COUNT)
    with torch.no_grad():
        torch.testing.assert_close(stepped(network, frames), told(network(frames)), atol=1e-5, rtol=0)


def test_the_future_never_matters() -> None:
    network, frames = made(), torch.randn(1, 40, INPUT_COUNT)
    changed = frames.clone()
    changed[:, 25:] += 1.0
    with torch.no_grad():
        before, after = told(network(frames)), told(network(changed))
    torch.testing.assert_close(after[:, :25], before[:, :25], atol=0, rtol=0)
    assert (after[:, 25] - before[:, 25]).abs().max() > 1e-4


def test_singers_in_a_batch_do_not_hear_each_other() -> None:
    network, frames = made(), torch.randn(3, 20, INPUT_COUNT)
    with torch.no_grad():
        alone, together = told(network(frames[1:2])), told(network(frames))[1:2]
    torch.testing.assert_close(together, alone, atol=1e-6, rtol=0)


def test_the_mouth_does_not_learn_from_presence() -> None:
    """The two memories are apart, so that bands teach presence alone."""
    network = made()
    network(torch.randn(1, 20, INPUT_COUNT)).presence.sum().backward()
    assert all(parameter.grad is None for parameter in network.memory.parameters())
    assert network.listener.weight_ih_l0.grad.abs().sum() > 0


def test_a_sound_draws_the_mouth_as_far_as_it_is_likely_and_insists() -> None:
    postures = Postures(torch.tensor([[1.0, 0.4], [0.0, 0.0]]), torch.tensor([[1.0, 0.5], [0.0, 0.0]]))
    said = torch.tensor([[0.2, 0.2]])
    sure, unsure, other = (torch.tensor([[odds, 0.0]]) for odds in (30.0, 0.0, -30.0))
    torch.testing.assert_close(postures(said, sure), torch.tensor([[1.0, 0.3]]))
    torch.testing.assert_close(postures(said, unsure), torch.tensor([[0.6, 0.25]]))
    torch.testing.assert_close(postures(said, other), said)
