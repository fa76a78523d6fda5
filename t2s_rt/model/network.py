"""The motion network: what a sound is, what went before, and whether anybody sings at all.

Causal convolutions see the last frames; a recurrent memory follows the mouth. Beside it others, one
upon the other, judge the presence of a voice. They are apart on purpose: a network that learns from
bands that the mouth rests shuts it on held vowels as well, because both are steady; so only presence
learns from bands, and the mouth learns its shape only where somebody sings.

`MotionNetwork` runs over whole clips and is trained. `StepNetwork` is the same weights for one frame in
and one frame out, its state plain tensors in and out: a singer's memory can be saved, batched, exported.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

import torch
from torch import Tensor, nn

from t2s_rt.inference.inputs import INPUT_COUNT


@dataclass(frozen=True, slots=True)
class Shape:
    """Sizes of a network.

    Attributes:
        outputs: Actions predicted.
        sounds: Classes of the head that names the sound; its odds are exported only as `Postures`.
        channels: Width of the convolutions.
        hidden: Width of the mouth's memory.
        presence: Width of each of the two memories, one upon the other, that judge presence: what tells
            a singer from a band is how sounds follow each other over seconds.
        kernel: Frames that each of the two convolutions sees.
        dropout: Share of values dropped while training.
    """

    outputs: int
    sounds: int
    channels: int = 128
    hidden: int = 256
    presence: int = 128
    kernel: int = 3
    dropout: float = 0.15


class Predicted(NamedTuple):
    """What the network says of each frame, before anything is cut to its range.

    Attributes:
        actions: ``(..., outputs)`` intensities.
        presence: ``(...)`` log odds that somebody sings or speaks.
        sounds: ``(..., sounds)`` log odds of each class of sounds.
    """

    actions: Tensor
    presence: Tensor
    sounds: Tensor


class Postures(nn.Module):
    """Lets recognised sounds pull the mouth towards their own postures.

    A regression that is half sure of a sound predicts half of its shape, and of a voice that it does not
    know it is often half sure. What class a sound is of is told apart more sharply; so each class draws
    each action from what the regression says towards its posture, as far as it is likely and insists.

    Args:
        targets: ``(sounds, outputs)`` intensities of each class.
        insistence: ``(sounds, outputs)``, 0 to 1: how far a class that is certain draws each action.
    """

    def __init__(self, targets: Tensor, insistence: Tensor) -> None:
        super().__init__()
        self.drawn = nn.Parameter(targets * insistence, requires_grad=False)
        self.insistence = nn.Parameter(insistence.clone(), requires_grad=False)

    def forward(self, actions: Tensor, sounds: Tensor) -> Tensor:
        """Actions ``(..., outputs)`` by the regression and log odds ``(..., sounds)`` to actions."""
        likely = torch.softmax(sounds, dim=-1)
        return actions * (1.0 - likely @ self.insistence) + likely @ self.drawn


class MotionNetwork(nn.Module):
    """Frames of model input to the mouth, the presence of a voice and the sound.

    Args:
        shape: Sizes.
    """

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape: Final = shape
        self.context_frames: Final = shape.kernel - 1
        width = shape.hidden + shape.channels
        self.first = nn.Linear(INPUT_COUNT, shape.channels)
        self.conv1 = nn.Conv1d(shape.channels, shape.channels, shape.kernel)
        self.conv2 = nn.Conv1d(shape.channels, shape.channels, shape.kernel)
        self.memory = nn.GRU(shape.channels, shape.hidden, batch_first=True)
        self.listener = nn.GRU(shape.channels, shape.presence, batch_first=True)
        self.judge = nn.GRU(shape.presence, shape.presence, batch_first=True)
        self.head = nn.Linear(width, shape.outputs)
        self.presence_head = nn.Linear(shape.presence + shape.channels, 1)
        self.sound_head = nn.Linear(width, shape.sounds)

    def state_shapes(self) -> dict[str, tuple[int, ...]]:
        """Name and shape of each state tensor for one singer, without the batch axis."""
        context = (self.shape.channels * self.context_frames,)
        return {
            "context1": context,
            "context2": context,
            "memory": (self.shape.hidden,),
            "listener": (self.shape.presence,),
            "judge": (self.shape.presence,),
        }

    def forward(self, frames: Tensor, chance: torch.Generator | None = None) -> Predicted:
        """A whole clip from an empty memory.

        Args:
            frames: ``(batch, time, INPUT_COUNT)``.
            chance: Decides what is dropped in training; None drops nothing.

        Returns:
            Of each frame ``(batch, time)``.
        """
        x = torch.relu(self.first(frames)).transpose(1, 2)
        x = torch.relu(self.conv1(nn.functional.pad(x, (self.context_frames, 0))))
        x = torch.relu(self.conv2(nn.functional.pad(x, (self.context_frames, 0)))).transpose(1, 2)
        x = self._dropped(x, chance)
        memory, _ = self.memory(x)
        listener, _ = self.listener(x)
        judge, _ = self.judge(self._dropped(listener, chance))
        shaped = torch.cat((self._dropped(memory, chance), x), dim=2)
        presence = self.presence_head(torch.cat((judge, x), dim=2))[..., 0]
        return Predicted(self.head(shaped), presence, self.sound_head(shaped))

    def _dropped(self, values: Tensor, chance: torch.Generator | None) -> Tensor:
        """A share of the values 0, the others as much greater; threads have a generator each."""
        if chance is None:
            return values
        share = self.shape.dropout
        return values * (torch.rand(values.shape, generator=chance) >= share) / (1.0 - share)


class StepNetwork(nn.Module):
    """The same network for one frame, weights laid out so that each layer is one matrix product.

    This is what is exported. Contexts are flat, oldest frame first.

    Args:
        network: Whose weights to copy.
        postures: What recognised sounds ask of the mouth.
    """

    def __init__(self, network: MotionNetwork, postures: Postures) -> None:
        super().__init__()
        self.postures = postures
        self.channels: Final = network.shape.channels
        self.first = network.first
        self.head = network.head
        self.presence_head = network.presence_head
        self.sound_head = network.sound_head
        self.conv1 = self._flat(network.conv1)
        self.conv2 = self._flat(network.conv2)
        self.memory = StepMemory(network.memory)
        self.listener = StepMemory(network.listener)
        self.judge = StepMemory(network.judge)

    def forward(
        self,
        frame: Tensor,
        context1: Tensor,
        context2: Tensor,
        memory: Tensor,
        listener: Tensor,
        judge: Tensor,
    ) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor]:
        """One frame.

        Args:
            frame: ``(batch, INPUT_COUNT)``.
            context1: ``(batch, (kernel - 1) * channels)`` past input of the first convolution.
            context2: The same for the second.
            memory: ``(batch, hidden)``.
            listener: ``(batch, presence)``.
            judge: ``(batch, presence)``.

        Returns:
            Actions ``(batch, outputs)``, presence ``(batch, 1)`` 0 to 1, and the states that follow.
        """
        window1 = torch.cat((context1, torch.relu(self.first(frame))), dim=1)
        window2 = torch.cat((context2, torch.relu(self.conv1(window1))), dim=1)
        x = torch.relu(self.conv2(window2))
        memory = self.memory(x, memory)
        listener = self.listener(x, listener)
        judge = self.judge(listener, judge)
        shaped = torch.cat((memory, x), dim=1)
        actions = self.postures(self.head(shaped), self.sound_head(shaped))
        presence = torch.sigmoid(self.presence_head(torch.cat((judge, x), dim=1)))
        next1, next2 = window1[:, self.channels :], window2[:, self.channels :]
        return actions, presence, next1, next2, memory, listener, judge

    @staticmethod
    def _flat(conv: nn.Conv1d) -> nn.Linear:
        """A convolution over exactly its kernel as one matrix product over flat frames."""
        flat = nn.Linear(conv.in_channels * conv.kernel_size[0], conv.out_channels)
        with torch.no_grad():
            flat.weight.copy_(conv.weight.permute(0, 2, 1).flatten(1))
            flat.bias.copy_(conv.bias)
        return flat


class StepMemory(nn.Module):
    """One step of a GRU in three matrix products.

    Args:
        gru: Whose weights to copy; one layer.
    """

    def __init__(self, gru: nn.GRU) -> None:
        super().__init__()
        inputs, hidden = gru.input_size, gru.hidden_size
        split = 2 * hidden
        self.gates = nn.Linear(inputs + hidden, split)
        self.fresh_input = nn.Linear(inputs, hidden)
        self.fresh_memory = nn.Linear(hidden, hidden)
        with torch.no_grad():
            self.gates.weight.copy_(
                torch.cat((gru.weight_ih_l0[:split], gru.weight_hh_l0[:split]), dim=1)
            )
            self.gates.bias.copy_(gru.bias_ih_l0[:split] + gru.bias_hh_l0[:split])
            self.fresh_input.weight.copy_(gru.weight_ih_l0[split:])
            self.fresh_input.bias.copy_(gru.bias_ih_l0[split:])
            self.fresh_memory.weight.copy_(gru.weight_hh_l0[split:])
            self.fresh_memory.bias.copy_(gru.bias_hh_l0[split:])

    def forward(self, x: Tensor, memory: Tensor) -> Tensor:
        """``x (batch, inputs)`` and ``memory (batch, hidden)`` to the memory that follows."""
        reset, update = torch.sigmoid(self.gates(torch.cat((x, memory), dim=1))).chunk(2, dim=1)
        fresh = torch.tanh(self.fresh_input(x) + reset * self.fresh_memory(memory))
        return fresh + update * (memory - fresh)
