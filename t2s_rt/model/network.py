"""The mouth network: a causal convolution for what a sound is, a recurrent layer for what went before.

`MouthNetwork` runs over whole clips and is trained. `StepNetwork` is the same weights for one frame in
and one frame out, its state plain tensors in and out: a singer's memory can be saved, batched, exported.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor, nn

from t2s_rt.inference.inputs import INPUT_COUNT


@dataclass(frozen=True, slots=True)
class Shape:
    """Sizes of a network.

    Attributes:
        outputs: Actions predicted.
        channels: Width of the convolutions.
        hidden: Width of the recurrent memory.
        kernel: Frames that each of the two convolutions sees.
        dropout: Share of values dropped while training.
    """

    outputs: int
    channels: int = 80
    hidden: int = 160
    kernel: int = 3
    dropout: float = 0.3


class MouthNetwork(nn.Module):
    """Frames of model input to intensities of actions, before they are cut to their range.

    Args:
        shape: Sizes.
    """

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape: Final = shape
        self.context_frames: Final = shape.kernel - 1
        self.first = nn.Linear(INPUT_COUNT, shape.channels)
        self.conv1 = nn.Conv1d(shape.channels, shape.channels, shape.kernel)
        self.conv2 = nn.Conv1d(shape.channels, shape.channels, shape.kernel)
        self.memory = nn.GRU(shape.channels, shape.hidden, batch_first=True)
        self.head = nn.Linear(shape.hidden + shape.channels, shape.outputs)
        self.drop = nn.Dropout(shape.dropout)

    def state_shapes(self) -> dict[str, tuple[int, ...]]:
        """Name and shape of each state tensor for one singer, without the batch axis."""
        context = (self.shape.channels * self.context_frames,)
        return {"context1": context, "context2": context, "memory": (self.shape.hidden,)}

    def forward(self, frames: Tensor) -> Tensor:
        """A whole clip from an empty memory.

        Args:
            frames: ``(batch, time, INPUT_COUNT)``.

        Returns:
            ``(batch, time, outputs)``.
        """
        x = torch.relu(self.first(frames)).transpose(1, 2)
        x = torch.relu(self.conv1(nn.functional.pad(x, (self.context_frames, 0))))
        x = torch.relu(self.conv2(nn.functional.pad(x, (self.context_frames, 0)))).transpose(1, 2)
        x = self.drop(x)
        memory, _ = self.memory(x)
        return self.head(torch.cat((self.drop(memory), x), dim=2))


class StepNetwork(nn.Module):
    """The same network for one frame, weights laid out so that each layer is one matrix product.

    This is what is exported. Contexts are flat, oldest frame first.

    Args:
        network: Whose weights to copy.
    """

    def __init__(self, network: MouthNetwork) -> None:
        super().__init__()
        channels, hidden = network.shape.channels, network.shape.hidden
        self.channels: Final = channels
        self.first = network.first
        self.head = network.head
        self.conv1 = self._flat(network.conv1)
        self.conv2 = self._flat(network.conv2)
        gru = network.memory
        split = 2 * hidden
        with torch.no_grad():
            self.gates = nn.Linear(channels + hidden, split)
            self.gates.weight.copy_(
                torch.cat((gru.weight_ih_l0[:split], gru.weight_hh_l0[:split]), dim=1)
            )
            self.gates.bias.copy_(gru.bias_ih_l0[:split] + gru.bias_hh_l0[:split])
            self.fresh_input = nn.Linear(channels, hidden)
            self.fresh_input.weight.copy_(gru.weight_ih_l0[split:])
            self.fresh_input.bias.copy_(gru.bias_ih_l0[split:])
            self.fresh_memory = nn.Linear(hidden, hidden)
            self.fresh_memory.weight.copy_(gru.weight_hh_l0[split:])
            self.fresh_memory.bias.copy_(gru.bias_hh_l0[split:])

    def forward(
        self, frame: Tensor, context1: Tensor, context2: Tensor, memory: Tensor
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """One frame.

        Args:
            frame: ``(batch, INPUT_COUNT)``.
            context1: ``(batch, (kernel - 1) * channels)`` past input of the first convolution.
            context2: The same for the second.
            memory: ``(batch, hidden)``.

        Returns:
            ``(batch, outputs)`` and the three states that follow.
        """
        window1 = torch.cat((context1, torch.relu(self.first(frame))), dim=1)
        window2 = torch.cat((context2, torch.relu(self.conv1(window1))), dim=1)
        x = torch.relu(self.conv2(window2))
        reset, update = torch.sigmoid(self.gates(torch.cat((x, memory), dim=1))).chunk(2, dim=1)
        fresh = torch.tanh(self.fresh_input(x) + reset * self.fresh_memory(memory))
        memory = fresh + update * (memory - fresh)
        actions = self.head(torch.cat((memory, x), dim=1))
        return actions, window1[:, self.channels :], window2[:, self.channels :], memory

    @staticmethod
    def _flat(conv: nn.Conv1d) -> nn.Linear:
        """A convolution over exactly its kernel as one matrix product over flat frames."""
        flat = nn.Linear(conv.in_channels * conv.kernel_size[0], conv.out_channels)
        with torch.no_grad():
            flat.weight.copy_(conv.weight.permute(0, 2, 1).flatten(1))
            flat.bias.copy_(conv.bias)
        return flat
