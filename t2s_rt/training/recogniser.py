"""Which sound stands when in a recording that nobody labelled: posteriors of `SOUND_CLASSES`, offline.

A small convolutional network on log-mel bands, taught by labelled Russian (festvox-ru, one man)
and by Mandarin syllables from eSpeak NG, whose times are exact. Speeds and stretched bands stand in for
other throats. It looks to both sides and serves to read captured takes, nothing that runs live.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from tqdm import tqdm

from t2s_rt.lyrics.espeak import speak
from t2s_rt.lyrics.ipa import is_vowel_letter
from t2s_rt.training.prepare.clip import RATE_HZ, LabelledClip
from t2s_rt.training.targets import SOUND_CLASSES, retimed, sound_class
from t2s_rt.types import FloatArray

FPS: Final = 60
BANDS: Final = 48
FFT: Final = 512
WINDOW_SAMPLES: Final = 400
LOWEST_HZ: Final = 80.0
HIGHEST_HZ: Final = 7600.0
DILATIONS: Final = (1, 2, 4, 8, 4, 2)
SPEEDS: Final = (0.95, 1.15, 1.35)
"""Of the labelled man, so that he also stands for shorter throats."""

_INITIALS: Final = ("", "b", "p", "m", "f", "d", "t", "n", "l", "g", "k", "h", "j", "q", "x", "zh", "ch",
                    "sh", "r", "z", "c", "s", "w", "y")  # fmt: skip
_FINALS: Final[dict[str, str]] = {
    "": "a e ai ei ao ou an en ang er",
    "labial": "a o ai ei ao an en ang eng i ie iao ian in ing u",
    "f": "a o ei ou an en ang eng u",
    "plain": "a e ai ei ao ou an ang eng ong i ie iao iu ian in ing u uo ui uan un",
    "back": "a e ai ei ao ou an en ang eng ong u ua uo uai ui uan un uang",
    "palatal": "i ia ie iao iu ian in iang ing iong u ue uan un",
    "hissing": "a e ai ao ou an en ang eng i u uo ui uan un",
    "w": "a o ai ei an en ang eng u",
    "y": "a e ao ou an in ang ing ong u ue uan un i",
}
_KIND: Final = {
    **dict.fromkeys(("b", "p", "m"), "labial"),
    **dict.fromkeys(("d", "t", "n", "l"), "plain"),
    **dict.fromkeys(("g", "k", "h"), "back"),
    **dict.fromkeys(("j", "q", "x"), "palatal"),
    **dict.fromkeys(("zh", "ch", "sh", "r", "z", "c", "s"), "hissing"),
}


def mandarin(count: int, seed: int = 0) -> Iterator[LabelledClip]:
    """Clips of random Mandarin syllables, said by eSpeak NG, about 6 s each.

    Raises:
        SetupError: eSpeak NG is not installed.
    """
    rng = np.random.default_rng(seed)
    for number in range(count):
        syllables = []
        for _ in range(24):
            initial = str(rng.choice(_INITIALS))
            final = str(rng.choice(_FINALS[_KIND.get(initial, initial)].split()))
            syllables.append(f"{initial}{final}{rng.integers(1, 5)}")
        speech = speak(" ".join(syllables), "cmn", int(rng.integers(130, 260)))
        times_s = [sample / speech.rate_hz for _, sample in speech.phonemes]
        times_s.append(len(speech.samples) / speech.rate_hz)
        sounds = []
        for (name, _), (start_s, end_s) in zip(
            speech.phonemes, itertools.pairwise(times_s), strict=True
        ):
            parts = _parts(name)
            edges_s = np.linspace(start_s, end_s, len(parts) + 1)
            sounds += [
                (p, float(a), float(b)) for p, a, b in zip(parts, edges_s, edges_s[1:], strict=False)
            ]
        samples = _resampled(speech.samples, speech.rate_hz)
        last_s = len(samples) / RATE_HZ
        yield LabelledClip(
            f"cmn{number}", samples, RATE_HZ, tuple(s for s in sounds if s[2] <= last_s), "", "espeak",
            "cmn", "espeak-ng", "GPL-3.0-or-later (sound made by it is free)", None,
        )  # fmt: skip


def _parts(name: str) -> list[str]:
    """ESpeak's Mandarin names as IPA sounds: a diphthong in its vowels; dots mark retroflex sounds."""
    bare = name.strip("ˈˌ").replace("\u02d0", "")
    if bare.startswith("("):  # it changes its language for a syllable it does not know
        return []
    if bare in ("i.", "i\u032a"):
        return ["ɨ"]
    bare = bare.replace("s.", "ʂ").replace("z.", "ʐ")
    if len(bare) > 1 and bare[-1] == "h":
        bare = bare[:-1]
    if len(bare) > 1 and all(is_vowel_letter(letter) for letter in bare):
        return list(bare)
    return [bare] if bare else []


def _resampled(samples: FloatArray, rate_hz: int) -> FloatArray:
    import soxr

    return np.asarray(soxr.resample(samples, rate_hz, RATE_HZ), np.float32)


def hear(samples: FloatArray) -> FloatArray:
    """``(frames, BANDS)`` log-mel of 16 kHz sound at `FPS`, frame i about i / FPS.

    Mean 0 in each band and spread 1 over the louder part, so that microphones do not count.
    """
    count = len(samples) * FPS // RATE_HZ
    starts = np.round(np.arange(count) * RATE_HZ / FPS).astype(np.int64)
    padded = np.pad(samples, WINDOW_SAMPLES // 2)
    cut = padded[starts[:, None] + np.arange(WINDOW_SAMPLES)]
    power = np.abs(np.fft.rfft(cut * np.hanning(WINDOW_SAMPLES), FFT)) ** 2
    bands = np.log(power @ _filters() + 1e-7)
    level = bands.mean(axis=1)
    heard = bands[level > np.percentile(level, 30)]
    return np.asarray((bands - heard.mean(axis=0)) / max(float(heard.std()), 1e-3), np.float32)


def _filters() -> npt.NDArray[np.float64]:
    def mel(hz: npt.ArrayLike) -> npt.NDArray[np.float64]:
        return np.asarray(2595.0 * np.log10(1.0 + np.asarray(hz) / 700.0), np.float64)

    edges = np.linspace(mel(LOWEST_HZ), mel(HIGHEST_HZ), BANDS + 2)
    bins = mel(np.arange(FFT // 2 + 1) * RATE_HZ / FFT)
    width = edges[1] - edges[0]
    return np.asarray(np.maximum(1.0 - np.abs(bins[:, None] - edges[1:-1]) / width, 0.0), np.float64)


def classes_at(clip: LabelledClip, frames: int) -> npt.NDArray[np.int64]:
    """The class at each frame of `hear`."""
    times_s = np.arange(frames) / FPS
    found = np.zeros(frames, np.int64)
    for ipa, start_s, end_s in clip.sounds:
        found[slice(*np.searchsorted(times_s, (start_s, end_s)))] = sound_class(ipa)
    return found


class Recogniser(nn.Module):
    """``(batch, frames, BANDS)`` to logits ``(batch, frames, classes)``; sees 0.4 s to each side."""

    def __init__(self, channels: int = 96) -> None:
        super().__init__()
        self.begin = nn.Conv1d(BANDS, channels, 5, padding=2)
        self.layers = nn.ModuleList(
            nn.Sequential(nn.ReLU(), nn.BatchNorm1d(channels),
                          nn.Conv1d(channels, channels, 3, padding=d, dilation=d), nn.Dropout(0.1))
            for d in DILATIONS
        )  # fmt: skip
        self.end = nn.Sequential(nn.ReLU(), nn.Conv1d(channels, len(SOUND_CLASSES), 1))

    def forward(self, bands: Tensor) -> Tensor:
        """Logits."""
        x: Tensor = self.begin(bands.transpose(1, 2))
        for layer in self.layers:
            x = x + layer(x)
        logits: Tensor = self.end(x)
        return logits.transpose(1, 2)


def examples(clips: Sequence[LabelledClip]) -> list[tuple[FloatArray, npt.NDArray[np.int64]]]:
    """Every clip as heard at every one of `SPEEDS`."""
    made = []
    for clip in tqdm(clips, desc="examples", mininterval=5):
        for speed in SPEEDS:
            other = retimed(clip, speed)
            bands = hear(other.samples)
            made.append((bands, classes_at(other, len(bands))))
    return made


def _stretched(bands: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Formants moved by a tenth or so, some colour, some noise floor."""
    at = np.arange(BANDS) * rng.uniform(0.86, 1.12)
    low = np.clip(at.astype(np.int64), 0, BANDS - 2)
    part = np.clip(at - low, 0.0, 1.0).astype(np.float32)
    moved = bands[:, low] * (1.0 - part) + bands[:, low + 1] * part
    floor = np.float32(rng.uniform(-4.0, -1.5))
    colour = rng.normal(0.0, 0.15, 4) @ np.array(
        [np.cos(k * np.pi * np.arange(BANDS) / BANDS) for k in range(1, 5)]
    )
    return np.asarray(np.maximum(moved + colour, floor) + rng.normal(0.0, 0.05, moved.shape), np.float32)


def teach(
    made: Sequence[tuple[FloatArray, npt.NDArray[np.int64]]], steps: int, seed: int = 0
) -> Recogniser:
    """Train on examples."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    network = Recogniser()
    length, batch = 240, 16
    usable = [(b, c) for b, c in made if len(b) > length]
    optimiser = torch.optim.AdamW(network.parameters(), 2e-3, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 4e-3, steps)
    for _ in tqdm(range(steps), desc="recogniser", mininterval=5):
        chosen = [usable[k] for k in rng.integers(0, len(usable), batch)]
        starts = [int(rng.integers(0, len(b) - length)) for b, _ in chosen]
        bands = np.stack(
            [_stretched(b[s : s + length], rng) for (b, _), s in zip(chosen, starts, strict=True)]
        )
        labels = np.stack([c[s : s + length] for (_, c), s in zip(chosen, starts, strict=True)])
        logits = network(torch.from_numpy(bands))
        loss = nn.functional.cross_entropy(
            logits.reshape(-1, logits.shape[-1]), torch.from_numpy(labels).reshape(-1)
        )
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
    network.eval()
    return network


def posteriors(network: Recogniser, samples: FloatArray) -> FloatArray:
    """``(frames, classes)`` at `FPS` of 16 kHz sound."""
    with torch.no_grad():
        logits = network(torch.from_numpy(hear(samples))[None])[0]
    return np.asarray(torch.softmax(logits, -1).numpy(), np.float32)


def accuracy(network: Recogniser, clips: Sequence[LabelledClip]) -> float:
    """Share of frames inside sounds whose class is right."""
    right = total = 0
    for clip in clips:
        found = posteriors(network, clip.samples).argmax(axis=1)
        true = classes_at(clip, len(found))
        right += int(((found == true) & (true > 0)).sum())
        total += int((true > 0).sum())
    return right / max(total, 1)


def load_or_teach(path: Path, clips: Sequence[LabelledClip], steps: int) -> Recogniser:
    """The recogniser kept at ``path``, or a new one, kept there."""
    network = Recogniser()
    if path.exists():
        network.load_state_dict(torch.load(path, weights_only=True))
        network.eval()
        return network
    network = teach(examples(clips), steps)
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.save(network.state_dict(), path)
    return network
