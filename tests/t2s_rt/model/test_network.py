import pytest

torch = pytest.importorskip("torch", reason='no torch: pip install -e ".[train]"')

from t2s_rt.inference.inputs import INPUT_COUNT  # noqa: E402
from t2s_rt.model.network import MouthNetwork, Shape, StepNetwork  # noqa: E402

pytestmark = pytest.mark.torch


def made(seed: int = 0) -> MouthNetwork:
    torch.manual_seed(seed)
    return MouthNetwork(Shape(outputs=3, channels=8, hidden=12)).eval()


def stepped(network: MouthNetwork, frames: torch.Tensor) -> torch.Tensor:
    step = StepNetwork(network)
    state = [torch.zeros(len(frames), *shape) for shape in network.state_shapes().values()]
    rows = []
    for t in range(frames.shape[1]):
        row, *state = step(frames[:, t], *state)
        rows.append(row)
    return torch.stack(rows, dim=1)


def test_frame_by_frame_is_the_whole_clip() -> None:
    network, frames = made(), torch.randn(2, 40, INPUT_COUNT)
    with torch.no_grad():
        torch.testing.assert_close(stepped(network, frames), network(frames), atol=1e-5, rtol=0)


def test_the_future_never_matters() -> None:
    network, frames = made(), torch.randn(1, 40, INPUT_COUNT)
    changed = frames.clone()
    changed[:, 25:] += 1.0
    with torch.no_grad():
        before, after = network(frames), network(changed)
    torch.testing.assert_close(after[:, :25], before[:, :25], atol=0, rtol=0)
    assert (after[:, 25] - before[:, 25]).abs().max() > 1e-4


def test_singers_in_a_batch_do_not_hear_each_other() -> None:
    network, frames = made(), torch.randn(3, 20, INPUT_COUNT)
    with torch.no_grad():
        torch.testing.assert_close(network(frames)[1:2], network(frames[1:2]), atol=1e-6, rtol=0)
