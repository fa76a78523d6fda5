"""Festival, a speech synthesiser that tells when each sound stands: its program and voices from Debian.

Nothing is installed. The program comes unpacked from its package on Linux with an x86-64 processor; on
other systems it is used where it is installed. It is a tool that makes data, no part of the product
(licence: X11-like, University of Edinburgh).
"""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import soundfile
import soxr
from tqdm import tqdm

from t2s_rt.errors import CorpusError, SetupError
from t2s_rt.lyrics.ipa import split_symbols
from t2s_rt.training.prepare.clip import RATE_HZ
from t2s_rt.training.prepare.debian import Package, obtain
from t2s_rt.training.prepare.xlabel import read_xlabels
from t2s_rt.types import FloatArray

_Job = Callable[[Path], list[str]]
"""Scheme that writes a ``.wav`` and a ``.lab`` of the given stem."""

SHARE: Final = "usr/share/festival"
_SGML: Final = "usr/share/sgml/festival"
PROGRAM: Final = Package(
    "festival",
    "1:2.5.0-9",
    "d635d3aebabb5e4bf4d2f1f1bb65a0de4ca1b4ffd8e52bd473b17d3e235e88a7",
    ("usr/bin/festival", f"{SHARE}/*", f"{_SGML}/*", "usr/share/doc/*/copyright"),
)
LIBRARY: Final = Package(
    "libestools2.5",
    "1:2.5.0-13",
    "c5d7a7ea3f17c5779b7f47b40ba622d5f6a22242b05a20f746e05f0b07a883fb",
    ("usr/lib/*", "usr/share/doc/*/copyright"),
)
_AT_ONCE: Final = 20
"""Sentences a run of the program."""
_TIMEOUT_S: Final = 1800.0
_PEAK: Final = 0.95
_GLIDE_SHARE: Final = 0.4
"""Of a diphthong: its two diphones are stretched evenly, so the glide begins near the middle."""


@dataclass(frozen=True, slots=True)
class Festival:
    """A program with its voices.

    Attributes:
        program: What is run.
        library: Folder of its shared libraries, None where it is installed.
        scheme: Folder with its scripts and the voices.
    """

    program: Path
    library: Path | None
    scheme: Path

    def speak(self, voice: str, sentences: Sequence[str], encoding: str, into: Path) -> None:
        """Write ``NUMBER.wav`` and ``NUMBER.lab`` of every sentence, unless the folder is there already.

        Args:
            voice: Its Scheme function, such as ``voice_czech_ph``.
            sentences: What is said.
            encoding: That the voice reads.
            into: Folder to make.

        Raises:
            CorpusError: The program fails; its last words are told.
        """
        self._perform(voice, [_saying(sentence) for sentence in sentences], encoding, into)

    def sing(self, voice: str, scores: Sequence[str], into: Path) -> None:
        """Write ``NUMBER.wav`` and ``NUMBER.lab`` of every song, unless the folder is there already.

        Args:
            voice: Its Scheme function; an English or Czech one.
            scores: Elements of festival's singing mode, without their root.
            into: Folder to make.

        Raises:
            CorpusError: The program fails; its last words are told.
        """
        self._perform(voice, [_singing(score) for score in scores], "ascii", into)

    def _perform(self, voice: str, jobs: Sequence[_Job], encoding: str, into: Path) -> None:
        if into.is_dir():
            return
        partial = into.with_name(f"{into.name}.partial")
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        for first in tqdm(range(0, len(jobs), _AT_ONCE), into.name, disable=None):
            script = partial / "script.scm"
            lines = [*self._start(), f"({voice})"]
            for number, job in enumerate(jobs[first : first + _AT_ONCE], first):
                lines += job(partial / f"{number:04d}")
            script.write_text("\n".join(lines), encoding=encoding)
            self._run(script, [partial / f"{n:04d}.wav" for n in range(len(jobs))[first:][:_AT_ONCE]])
            script.unlink()
        partial.rename(into)

    def _start(self) -> list[str]:
        """Debian's program looks for its scripts where it would be installed, whatever it is told."""
        folder = self.scheme.as_posix()
        return [
            f'(set! libdir "{folder}/")',
            f'(set! datadir "{folder}/")',
            f'(load "{folder}/init.scm")',
        ]

    def _run(self, script: Path, made: Sequence[Path]) -> None:
        environment = dict(os.environ)
        if self.library is not None:
            environment["LD_LIBRARY_PATH"] = str(self.library)
        done = subprocess.run(
            [self.program, "-b", script],
            capture_output=True, check=False, env=environment, timeout=_TIMEOUT_S,
        )  # fmt: skip
        told = done.stderr.decode(errors="replace").strip().splitlines()
        if done.returncode != 0 or not all(path.exists() for path in made):
            raise CorpusError(f"Festival failed: {' '.join(told[-3:]) or done.returncode}")


def assemble(voices: Sequence[Package], folder: Path) -> Festival:
    """The program with the given voices in one tree under the corpus folder.

    Args:
        voices: Packages with files under `SHARE`.
        folder: The corpus folder.

    Raises:
        SetupError: Festival does not run on this system and is not installed.
        CorpusError: A package cannot be had.
    """
    installed = shutil.which("festival")
    if installed is None and (sys.platform != "linux" or platform.machine() != "x86_64"):
        raise SetupError(
            "Festival is not installed.", "Get it from festvox.org, or leave its voices out."
        )
    packages = [obtain(package, folder) for package in (PROGRAM, LIBRARY, *voices)]
    told = "\n".join(path.name for path in packages)
    tree = folder / "files" / f"festival-tree-{hashlib.sha256(told.encode()).hexdigest()[:16]}"
    if not tree.is_dir():
        partial = tree.with_name(f"{tree.name}.partial")
        shutil.rmtree(partial, ignore_errors=True)
        for package in packages:
            if (package / SHARE).is_dir():
                shutil.copytree(package / SHARE, partial / "scheme", dirs_exist_ok=True)
        shutil.copytree(packages[0] / _SGML, partial / "sgml")
        for script in partial.rglob("*.scm"):
            moved = script.read_bytes()
            for place, name in ((SHARE, "scheme"), (_SGML, "sgml")):
                moved = moved.replace(f"/{place}".encode(), (tree / name).as_posix().encode())
            script.write_bytes(moved)
        (partial / "library").mkdir()
        for shared in (packages[1] / "usr/lib").rglob("lib*.so.*"):
            named = ".".join(shared.name.split(".")[:4])  # as the program asks for it: libNAME.so.2.5
            shutil.copyfile(shared, partial / "library" / named)
        partial.rename(tree)
    if installed is not None:
        return Festival(Path(installed), None, tree / "scheme")
    program = packages[0] / "usr/bin/festival"
    program.chmod(0o755)
    return Festival(program, tree / "library", tree / "scheme")


def kept_under(folder: Path, name: str, told: Iterable[str]) -> Path:
    """Where what a voice was told to say or sing is kept: other words, another folder.

    Args:
        folder: The corpus folder.
        name: Of the voice and what it does.
        told: Every sentence or score.
    """
    key = hashlib.sha256("\n".join(told).encode()).hexdigest()[:16]
    return folder / "festival" / f"{name}-{key}"


def read_spoken(
    stem: Path, phones: Mapping[str, str], pauses: Collection[str]
) -> tuple[FloatArray, tuple[tuple[str, float, float], ...]]:
    """What festival wrote for one utterance.

    Args:
        stem: Of its ``.wav`` and ``.lab``.
        phones: IPA of the voice's phones; a diphthong's glide gets the last part of its time.
        pauses: Phones that are none.

    Returns:
        ``(N,)`` mono at `RATE_HZ` within [-0.95, 0.95], and its sounds.

    Raises:
        CorpusError: A file cannot be read, or a phone is unknown.
    """
    try:
        samples, rate_hz = soundfile.read(stem.with_suffix(".wav"), dtype="float32")
    except soundfile.LibsndfileError as problem:
        raise CorpusError(f"{stem}.wav cannot be read: {problem.error_string}") from problem
    if rate_hz != RATE_HZ:
        samples = np.asarray(soxr.resample(samples, rate_hz, RATE_HZ), np.float32)
    samples /= max(float(np.abs(samples).max(initial=0.0)) / _PEAK, 1.0)
    sounds: list[tuple[str, float, float]] = []
    for phone, start_s, end_s in read_xlabels(stem.with_suffix(".lab")):
        if phone in pauses:
            continue
        if phone not in phones:
            raise CorpusError(f"{stem}.lab has a phone of another language: {phone}.")
        parts = [sound.ipa for sound in split_symbols(phones[phone])]
        middle_s = end_s - (end_s - start_s) * _GLIDE_SHARE if len(parts) > 1 else end_s
        sounds.append((parts[0], start_s, middle_s))
        sounds += [(glide, middle_s, end_s) for glide in parts[1:]]
    return samples, tuple(sounds)


def _saying(sentence: str) -> _Job:
    said = sentence.replace("\\", "").replace('"', "")
    return lambda stem: [
        f'(set! said (Utterance Text "{said}"))',
        "(utt.synth said)",
        f'(utt.save.segs said "{stem}.lab")',
        f'(utt.save.wave said "{stem}.wav" \'riff)',
    ]


def _singing(score: str) -> _Job:
    def lines(stem: Path) -> list[str]:
        stem.with_suffix(".xml").write_text(
            '<?xml version="1.0"?>\n'
            '<!DOCTYPE SINGING PUBLIC "-//SINGING//DTD SINGING mark up//EN" "Singing.v0_1.dtd" []>\n'
            f'<SINGING BPM="60">\n{score}\n</SINGING>\n',
            encoding="ascii",
        )
        return [
            f'(define (keep song) (utt.save.segs song "{stem}.lab")'
            f' (utt.save.wave song "{stem}.wav" \'riff) song)',
            "(set! tts_hooks (list utt.synth keep))",
            f'(tts_file "{stem}.xml" \'singing)',
        ]

    return lines
