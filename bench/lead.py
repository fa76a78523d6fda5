"""The lead on a real song: does the mouth know the words, start before them, and obey the voice?

The words are the labels of NIT SONG070 with the times at which they were really sung; the mouth is
rendered by the pipeline with and without them. `t2s bench lead` prints the tables;
`--plot FILE.png` draws six seconds with and without words.

The visible shape of a frame is (opening, roundness, width): jaw_open times one minus lip_closure,
lip_rounding plus lip_pucker, lip_spread. A frame's time is the time that it depicts.

A syllable's *lead*: its vowel's posture is the mean shape from 20 to 50 % of the labelled vowel. Before
it, the shape furthest from that posture is sought between the middle of the vowel before (in a phrase's
first syllable 300 ms before the vowel) and 60 ms after the label. The mouth has moved decisively when
the shape has gone half of the way from there to the posture; the lead is the label's time less that
time. In a phrase's first syllable the voice decides the size and only the direction counts: the first
time from which the cosine with the posture stays at .9 or more until the label, with a shape of at
least .03. Syllables for which the words themselves ask for no visible move (less than
.08, such as a vowel repeated) are not counted.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import soundfile

from bench.nit_song import LabelledSound, load_labels
from bench.report import ROOT, Row, Table, machine, text
from engine.pipeline import Pipeline, SongPosition, own_song
from t2s_rt.articulation.inventory import CLOSURE, JAW, MOUTH_COLUMNS, PUCKER, ROUNDING, SPREAD
from t2s_rt.articulation.lead import Lead
from t2s_rt.audio import synthesis
from t2s_rt.conductor import Conductor
from t2s_rt.errors import SetupError
from t2s_rt.intensity.condition import Condition
from t2s_rt.lyrics.ipa import UNRELEASED
from t2s_rt.lyrics.phonemes import Phoneme
from t2s_rt.timebase import FRAME_S, SAMPLE_RATE_HZ, seconds
from t2s_rt.types import FloatArray

FOLDER: Final = ROOT.parent / "shared" / "data" / "nit_song070"
_IPA: Final = {
    "u": "ɯᵝ", "N": "ɴ", "sh": "ɕ", "ch": "tɕ", "j": "dʑ", "f": "ɸ", "y": "j", "r": "ɾ", "g": "\u0261",
}  # fmt: skip
_Array = npt.NDArray[np.floating]
MOVES: Final = 0.08
"""A difference of shapes that is seen."""
BILABIALS: Final = ("p", "b", "m")
ORDERS: Final = {
    "open: a over i u": ("a", "iu", 0),
    "round: o u over i e": ("ou", "ie", 1),
    "wide: i e over o u": ("ie", "ou", 2),
}
"""Which vowels have more of which of the three shapes."""
HELD: Final[tuple[synthesis.Vowel, ...]] = ("a", "o", "i")


@dataclass(frozen=True, slots=True)
class Mouths:
    """One rendering.

    Attributes:
        time_s: ``(T,)`` what each frame depicts.
        actions: ``(T, 8)`` `MOUTH_ACTIONS`.
        trust: ``(T,)`` how far the words were believed.
        agreement: ``(T,)`` how well the heard mouth agreed with them.
    """

    time_s: _Array
    actions: FloatArray
    trust: _Array
    agreement: _Array

    @property
    def shape(self) -> _Array:
        """``(T, 3)`` opening, roundness, width."""
        return np.stack(
            [
                self.opening,
                self.actions[:, ROUNDING] + self.actions[:, PUCKER],
                self.actions[:, SPREAD],
            ],
            axis=1,
        )

    @property
    def opening(self) -> _Array:
        """``(T,)`` how far the lips are apart."""
        return self.actions[:, JAW] * (1.0 - self.actions[:, CLOSURE])


def load_song(folder: Path = FOLDER) -> tuple[FloatArray, tuple[LabelledSound, ...]]:
    """The song at 48 kHz and its labels.

    Raises:
        SetupError: It is not there.
    """
    if not (folder / "004.wav").is_file():
        raise SetupError(
            f"The labelled song is not in {folder}.",
            "Give the folder that holds 004.wav and 004.lab of NIT-SONG070-F001.",
        )
    samples, _ = soundfile.read(folder / "004.wav", dtype="float32")
    return samples, load_labels(folder / "004.lab")


def phonemes_of(sounds: Sequence[LabelledSound]) -> tuple[Phoneme, ...]:
    """Labels as phonemes at their realised times; ``cl`` is the closure of the sound after it."""
    phonemes: list[Phoneme] = []
    syllable = 0
    for index, sound in enumerate(sounds):
        if sound.kind in "ps":
            continue
        name = sounds[index + 1].name if sound.name == "cl" else sound.name
        ipa = _IPA.get(name, name)
        ipa = ipa[0] + UNRELEASED if sound.name == "cl" else ipa
        vowel = sound.kind == "v"
        phonemes.append(Phoneme(ipa, sound.start_s, sound.end_s, syllable, vowel))
        syllable += vowel
    return tuple(phonemes)


def render(
    samples: FloatArray,
    phonemes: Sequence[Phoneme] = (),
    song_s: SongPosition = own_song,
) -> Mouths:
    """The mouth of a recording at 48 kHz, with the lead where there are phonemes."""
    spy = _Spy(Lead(phonemes)) if phonemes else None
    pipeline = Pipeline()
    pipeline.conductor = Conductor(lead=spy) if spy else None
    pipeline.start(SAMPLE_RATE_HZ)
    frames = pipeline.push(samples, song_s=song_s) + pipeline.finish(song_s)
    actions = np.stack([frame.actions for frame in frames])[:, list(MOUTH_COLUMNS)]
    noted = np.array(spy.notes[-len(frames) :]) if spy else np.zeros((len(frames), 2))
    times_s = np.array([seconds(frame.pts_samples) for frame in frames])
    return Mouths(times_s, actions, noted[:, 0], noted[:, 1])


class _Spy:
    """A lead that notes its trust and agreement."""

    def __init__(self, lead: Lead) -> None:
        self._lead = lead
        self.notes: list[tuple[float, float]] = []

    def step(self, song_s: float, features: FloatArray, motion: FloatArray, out: Condition) -> None:
        self._lead.step(song_s, features, motion, out)
        self.notes.append((out.trust, self._lead.agreement))

    def reset(self) -> None:
        self._lead.reset()


def leads_s(mouths: Mouths, asked: Mouths, sounds: Sequence[LabelledSound]) -> tuple[_Array, _Array]:
    """Leads in s of the syllables inside phrases and of those that begin one; see the module.

    Args:
        mouths: What is judged.
        asked: What the words ask for (`words_alone`), which says what counts.
        sounds: The labels.
    """
    inside, first = [], []
    for index, sound in enumerate(sounds):
        if sound.kind != "v":
            continue
        before = index - 1
        while before >= 0 and sounds[before].kind not in "vps":
            before -= 1
        begins = before < 0 or sounds[before].kind in "ps"
        middle_s = sound.start_s - 0.3 if begins else _middle(sounds[before])
        if not begins and not _moves(asked, sound, middle_s):
            continue
        if begins:
            first.append(_first_lead(mouths, sound))
        else:
            inside.append(_lead(mouths, sound, middle_s))
    return np.array(inside), np.array(first)


def _middle(sound: LabelledSound) -> float:
    return 0.5 * (sound.start_s + sound.end_s)


def _posture(mouths: Mouths, sound: LabelledSound) -> _Array:
    length_s = sound.end_s - sound.start_s
    at = (mouths.time_s >= sound.start_s + 0.2 * length_s) & (
        mouths.time_s <= sound.start_s + 0.5 * length_s
    )
    return np.asarray(mouths.shape[at].mean(axis=0))


def _furthest(mouths: Mouths, sound: LabelledSound, since_s: float) -> int:
    """The frame before a vowel whose shape is furthest from the vowel's."""
    posture = _posture(mouths, sound)
    near = np.flatnonzero((mouths.time_s >= since_s) & (mouths.time_s <= sound.start_s + 0.06))
    away = np.linalg.norm(mouths.shape[near] - posture, axis=1)
    return int(near[away.argmax()])


def _moves(asked: Mouths, sound: LabelledSound, since_s: float) -> bool:
    way = _posture(asked, sound) - asked.shape[_furthest(asked, sound, since_s)]
    return bool(np.linalg.norm(way) >= MOVES)


def _lead(mouths: Mouths, sound: LabelledSound, since_s: float) -> float:
    furthest = _furthest(mouths, sound, since_s)
    way = _posture(mouths, sound) - mouths.shape[furthest]
    after = np.arange(furthest, int(np.searchsorted(mouths.time_s, sound.end_s)))
    gone = (mouths.shape[after] - mouths.shape[furthest]) @ way / (way @ way)
    half = max(int(np.argmax(gone >= 0.5)), 1)
    part = (0.5 - gone[half - 1]) / (gone[half] - gone[half - 1])
    return sound.start_s - float(mouths.time_s[after[half - 1]] + part * FRAME_S)


def _first_lead(mouths: Mouths, sound: LabelledSound) -> float:
    posture = _posture(mouths, sound)
    size = np.linalg.norm(mouths.shape, axis=1)
    cosine = mouths.shape @ posture / np.maximum(size * np.linalg.norm(posture), 1e-9)
    alike = (cosine >= 0.9) & (size >= 0.03)
    at = int(np.searchsorted(mouths.time_s, sound.start_s))
    if alike[at]:
        while at > 0 and alike[at - 1]:
            at -= 1
    else:
        at += int(np.argmax(alike[at:]))
    return sound.start_s - float(mouths.time_s[at])


def auc(
    mouths: Mouths, sounds: Sequence[LabelledSound], order: tuple[str, str, int], margin: float = 0.0
) -> float:
    """Area under the curve: share of vowel pairs in the right order by more than a margin, others half.

    A pair that is in the wrong order by more than the margin counts nothing.
    """
    high, low, column = order
    values = {
        name: [float(_posture(mouths, s)[column]) for s in sounds if s.kind == "v" and s.name in name]
        for name in (high, low)
    }
    difference = np.subtract.outer(values[high], values[low])
    return float(np.mean((difference > margin) + 0.5 * (np.abs(difference) <= margin)))


def closed(mouths: Mouths, sounds: Sequence[LabelledSound]) -> tuple[int, int]:
    """How many p, b and m have the lips closed, of how many.

    Closed: the opening is under a fifth of the greatest within 0.3 s, for at least 2 frames together
    within 40 ms of the label. A closure label before a bilabial belongs to it.
    """
    done = every = 0
    for sound in sounds:
        if sound.name not in BILABIALS:
            continue
        every += 1
        near = (mouths.time_s > sound.start_s - 0.3) & (mouths.time_s < sound.end_s + 0.3)
        at = (mouths.time_s >= sound.start_s - 0.04) & (mouths.time_s <= sound.end_s + 0.04)
        shut = mouths.opening[at] < 0.2 * mouths.opening[near].max()
        done += bool((shut[1:] & shut[:-1]).any())
    return done, every


def la_la(duration_s: float, seed: int = 1) -> FloatArray:
    """'La' sung over and over on notes of 0.3 to 0.8 s, a dip for each l, a rest now and then."""
    rng = np.random.default_rng(seed)
    parts: list[FloatArray] = []
    sung_s = 0.0
    while sung_s < duration_s:
        length_s = float(rng.uniform(0.3, 0.8))
        hz = 261.6 * 2.0 ** (float(rng.choice([0, 2, 4, 5, 7, 9])) / 12.0)
        note = synthesis.vowel("a", hz, length_s, vibrato_cents=25.0, loudness_dbfs=-18.0)
        dip = round(0.06 * SAMPLE_RATE_HZ)
        note[:dip] *= np.linspace(0.25, 1.0, dip, dtype=np.float32)
        parts.append(note)
        sung_s += length_s
        if rng.random() < 0.15:
            parts.append(synthesis.silence(0.35))
            sung_s += 0.35
    return np.concatenate(parts)[: round(duration_s * SAMPLE_RATE_HZ)]


def la_on_beats(sounds: Sequence[LabelledSound], count: int) -> FloatArray:
    """'La' for every vowel of the song at its time and on its note: hard to tell from the words."""
    samples = np.zeros(count, np.float32)
    for sound in sounds:
        if sound.kind == "v" and sound.pitch_midi is not None:
            hz = 440.0 * 2.0 ** ((sound.pitch_midi - 69) / 12.0)
            length_s = max(sound.end_s - sound.start_s - 0.03, 0.06)
            note = synthesis.vowel("a", hz, length_s, vibrato_cents=20.0)
            first = round(sound.start_s * SAMPLE_RATE_HZ)
            samples[first : first + len(note)] += note[: count - first]
    return samples


def likeness(one: Mouths, other: Mouths, since_s: float) -> float:
    """Mean correlation of opening, roundness and width from a time on; still ones are left out."""
    at = one.time_s >= since_s
    pairs = zip(one.shape[at].T, other.shape[at].T, strict=True)
    return float(
        np.mean([np.corrcoef(a, b)[0, 1] for a, b in pairs if a.std() > 0.01 and b.std() > 0.01])
    )


def words_alone(phonemes: Sequence[Phoneme], like: Mouths) -> Mouths:
    """What the words ask for at full voice, at the times of a rendering."""
    lead, wish = Lead(phonemes), Condition()
    still, silent = np.zeros(len(wish.shape), np.float32), np.full((2, 60), -100.0, np.float32)
    rows = []
    for time_s in like.time_s:
        lead.step(float(time_s), silent, still, wish)
        rows.append(wish.shape[list(MOUTH_COLUMNS)].copy())
    nothing = np.zeros(len(rows))
    return Mouths(like.time_s, np.stack(rows), nothing, nothing)


def lead_table(alone: Mouths, led: Mouths, asked: Mouths, sounds: Sequence[LabelledSound]) -> Table:
    """How early the mouth is."""
    rows = []
    for name, mouths in (("audio only", alone), ("with words", led)):
        inside, first = leads_s(mouths, asked, sounds)
        for where, found in (
            ("in phrases", inside),
            ("first", first),
            ("all", np.append(inside, first)),
        ):
            rows.append(
                Row(
                    f"{name}, {where}",
                    {
                        "syllables": len(found),
                        "p10 ms": 1e3 * float(np.percentile(found, 10)),
                        "p50 ms": 1e3 * float(np.median(found)),
                        "p90 ms": 1e3 * float(np.percentile(found, 90)),
                        "0..120 ms": float(np.mean((found >= 0.0) & (found <= 0.12))),
                    },
                )
            )
    return Table("Lead of the mouth over the vowel", "t2s bench lead", tuple(rows))


def shape_table(alone: Mouths, led: Mouths, sounds: Sequence[LabelledSound]) -> Table:
    """Whether vowels can be told apart and lips close."""
    rows = []
    for name, order in ORDERS.items():
        figures = {"audio": auc(alone, sounds, order), "words": auc(led, sounds, order)}
        figures["audio seen"] = auc(alone, sounds, order, MOVES)
        figures["words seen"] = auc(led, sounds, order, MOVES)
        rows.append(Row(name, figures))
    (few, every), (many, _) = closed(alone, sounds), closed(led, sounds)
    rows.append(Row(f"closed, of {every}", {"audio": few, "words": many}))
    note = f"Area under the curve over pairs of vowels; 'seen' wants a difference above {MOVES}."
    return Table("Vowels and closures", "t2s bench lead", tuple(rows), note)


def level_table(alone: Mouths, led: Mouths, sounds: Sequence[LabelledSound]) -> Table:
    """How far the mouth goes in each vowel, heard and by the words."""
    rows = []
    for name in ("a", "i", "u", "e", "o", "N"):
        vowels = [sound for sound in sounds if sound.kind == "v" and sound.name == name]
        heard, asked = (np.mean([_posture(m, v) for v in vowels], axis=0) for m in (alone, led))
        figures = {}
        for column, what in enumerate(("open", "round", "wide")):
            figures[f"{what} audio"] = float(heard[column])
            figures[f"{what} words"] = float(asked[column])
        rows.append(Row(f"{name}, {len(vowels)} times", figures))
    return Table("Levels of vowels", "t2s bench lead", tuple(rows))


def silence_table(phonemes: Sequence[Phoneme], duration_s: float) -> Table:
    """A silent singer while the words run."""
    rows = []
    for name, level_dbfs in (("digital silence", -200.0), ("hiss -60 dBFS", -60.0), ("hiss -45", -45.0)):
        mouths = render(synthesis.noise(duration_s, level_dbfs), phonemes)
        figures = {
            "most open": float(mouths.opening.max()),
            "shut": float((mouths.opening < 0.02).mean()),
        }
        rows.append(Row(name, figures))
    return Table("A silent singer", "t2s bench lead", tuple(rows))


def disagreement_table(samples: FloatArray, sounds: Sequence[LabelledSound]) -> Table:
    """Other sounds than the words ask for."""
    phonemes = phonemes_of(sounds)
    duration_s = len(samples) / SAMPLE_RATE_HZ
    shifted = [
        replace(p, start_s=start_s, end_s=start_s + p.end_s - p.start_s)
        for p in phonemes
        for start_s in ((p.start_s + 5.0) % duration_s,)
    ]
    cases = {
        "the words": (samples, phonemes),
        "la la la": (la_la(duration_s), phonemes),
        "la on the words' beats": (la_on_beats(sounds, len(samples)), phonemes),
        "words 5 s off": (samples, sorted(shifted, key=lambda p: p.start_s)),
    }
    rows = []
    for name, (sung, words) in cases.items():
        alone, led = render(sung), render(sung, words)
        asked = words_alone(words, led)
        voiced = alone.opening > 0.05
        begins_s = float(led.time_s[voiced][0])
        late = voiced & (led.time_s > begins_s + 1.0)
        apart = float(np.abs(led.shape - alone.shape)[late].mean())
        figures = {
            "r audio": likeness(led, alone, begins_s + 1.0),
            "r words": likeness(led, asked, begins_s + 1.0),
            "apart": apart,
            "trust": float(led.trust[late].mean()),
            "score": float(np.median(led.agreement[late])),
        }
        rows.append(Row(name, figures))
    note = (
        "Correlation of the mouth with the audio-only one and with what the words ask for; mean\n"
        "distance from the audio-only one, mean trust and median agreement in a voice; from 1 s on."
    )
    return Table("Who decides", "t2s bench lead", tuple(rows), note)


def offset_table(samples: FloatArray, alone: Mouths, phonemes: Sequence[Phoneme]) -> Table:
    """The right words at wrong times: how far they are believed while a voice sounds."""
    rows = []
    for late_s in (-0.2, -0.1, 0.1, 0.2):
        words = [replace(p, start_s=p.start_s + late_s, end_s=p.end_s + late_s) for p in phonemes]
        trust = render(samples, words).trust[alone.opening > 0.05]
        rows.append(Row(f"{1e3 * late_s:+.0f} ms", {"trust": float(trust.mean())}))
    return Table("Words that come too early or late", "t2s bench lead", tuple(rows))


def held_table() -> Table:
    """A held note with its word: no flicker, to its end."""
    rows = []
    for name in HELD:
        words = (Phoneme("m", 0.92, 1.0, 0, vowel=False), Phoneme(name, 1.0, 7.0, 0, vowel=True))
        note = synthesis.vowel(name, 330.0, 6.0, vibrato_cents=50.0)
        sung = np.concatenate([synthesis.silence(1.0), note, synthesis.silence(0.5)])
        led = render(sung, words)
        held = led.opening[(led.time_s > 2.0) & (led.time_s < 6.9)]
        rows.append(Row(f"held {name}", {"mean": float(held.mean()), "sd": float(held.std())}))
    return Table("Held notes of 6 s, opening", "t2s bench lead", tuple(rows))


def cost_table(phonemes: Sequence[Phoneme]) -> Table:
    """CPU time of making and stepping the lead."""
    begun_s = time.process_time()
    lead = Lead(phonemes)
    made_s = time.process_time() - begun_s
    wish = Condition()
    motion, features = np.full(len(wish.shape), 0.3, np.float32), np.ones((2, 60), np.float32)
    steps = 5000
    begun_s = time.process_time()
    for index in range(steps):
        lead.step(index * FRAME_S % 30.0, features, motion, wish)
    spent_s = (time.process_time() - begun_s) / steps
    figures = {"make ms": 1e3 * made_s, "step µs": 1e6 * spent_s}
    return Table("Cost", "t2s bench lead", (Row(f"{len(phonemes)} phonemes", figures),))


def plot(
    path: Path, samples: FloatArray, sounds: Sequence[LabelledSound], mouths: tuple[Mouths, Mouths]
) -> None:
    """Six seconds with and without words under the spectrogram."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot

    first_s, last_s = 3.2, 9.2
    figure, axes = pyplot.subplots(4, 1, figsize=(14, 9), sharex=True)
    axes[0].specgram(samples, NFFT=1024, Fs=SAMPLE_RATE_HZ, noverlap=768, cmap="magma", vmin=-140)
    axes[0].set_ylim(0, 6000)
    axes[0].set_ylabel("Hz")
    for sound in sounds:
        if first_s <= sound.start_s < last_s:
            axes[0].text(sound.start_s + 0.01, 5300, sound.name, color="white")
            for axis in axes:
                axis.axvline(sound.start_s, color="grey", linewidth=0.5)
    curves = (("opening", 0), ("roundness", 1))
    for mouth, colour, name in zip(mouths, ("C1", "C0"), ("audio only", "with words"), strict=True):
        for axis, (label, column) in zip(axes[1:3], curves, strict=True):
            axis.plot(mouth.time_s, mouth.shape[:, column], colour, label=name)
            axis.set_ylabel(label)
        axes[3].plot(mouth.time_s, mouth.actions[:, CLOSURE], colour)
    axes[3].set_ylabel("lip closure")
    axes[3].set_xlabel("s")
    axes[1].legend(loc="upper right")
    axes[0].set_xlim(first_s, last_s)
    figure.tight_layout()
    figure.savefig(path, dpi=70)


def measure(folder: Path = FOLDER) -> list[Table]:
    """All tables.

    Raises:
        SetupError: The labelled song is not there.
    """
    samples, sounds = load_song(folder)
    phonemes = phonemes_of(sounds)
    alone, led = render(samples), render(samples, phonemes)
    return [
        lead_table(alone, led, words_alone(phonemes, led), sounds),
        shape_table(alone, led, sounds),
        level_table(alone, led, sounds),
        silence_table(phonemes, len(samples) / SAMPLE_RATE_HZ),
        disagreement_table(samples, sounds),
        offset_table(samples, alone, phonemes),
        held_table(),
        cost_table(phonemes),
    ]


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description="The lead on NIT SONG070.")
    parser.add_argument("--data", type=Path, default=FOLDER, help="folder with 004.wav and 004.lab")
    parser.add_argument("--plot", type=Path, help="PNG to draw six seconds into")
    options = parser.parse_args()
    print(machine())
    for table in measure(options.data):
        print("\n" + text(table))
    if options.plot:
        samples, sounds = load_song(options.data)
        mouths = (render(samples), render(samples, phonemes_of(sounds)))
        plot(options.plot, samples, sounds, mouths)


if __name__ == "__main__":
    main()
