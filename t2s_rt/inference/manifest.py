"""A model's manifest: the only promise between training and the running engine.

`manifest.json` stands beside the ``.onnx`` file and says what goes in, what comes out, what state is
carried and which bytes it speaks of. It is parsed once, strictly: a missing or unknown key, another
feature layout or another file is an error that says so.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

from t2s_rt.errors import ModelError
from t2s_rt.inference.inputs import INPUT_COUNT, INPUT_VERSION
from t2s_rt.intensity.actions import ACTION_INDEX
from t2s_rt.timebase import FRAME_SAMPLES, HOP_SAMPLES, SAMPLE_RATE_HZ
from t2s_rt.types import FEATURE_COUNT, MEL_BANDS, MEL_MAX_HZ, MEL_MIN_HZ

FORMAT: Final = 2
"""Version of the manifest's own layout."""
READABLE_FORMATS: Final = (1, FORMAT)
"""Format 1 has one input, the frame, and no signals."""
INPUT_NAME: Final = "frame"
OUTPUT_NAME: Final = "actions"
NEXT_PREFIX: Final = "next_"
LOOKAHEAD_LIMIT_SAMPLES: Final = 960
"""20 ms: more is not live any more."""
DEFAULT_MODEL: Final = "motion-v5"

_RETRAIN: Final = "Export it again with this version: python -m t2s_rt.training.export"


@dataclass(frozen=True, slots=True)
class FeatureLayout:
    """The analysis that a model was trained on; it must be the one that runs."""

    sample_rate_hz: int
    hop_samples: int
    frame_samples: int
    mel_bands: int
    mel_min_hz: float
    mel_max_hz: float
    feature_count: int
    input_count: int
    input_version: int


RUNNING_LAYOUT: Final = FeatureLayout(
    sample_rate_hz=SAMPLE_RATE_HZ,
    hop_samples=HOP_SAMPLES,
    frame_samples=FRAME_SAMPLES,
    mel_bands=MEL_BANDS,
    mel_min_hz=MEL_MIN_HZ,
    mel_max_hz=MEL_MAX_HZ,
    feature_count=FEATURE_COUNT,
    input_count=INPUT_COUNT,
    input_version=INPUT_VERSION,
)


@dataclass(frozen=True, slots=True)
class Tensor:
    """One tensor of the network, float32.

    Attributes:
        name: Its name in the network.
        shape: Shape for one singer, without the leading batch axis.
    """

    name: str
    shape: tuple[int, ...]


StateTensor: TypeAlias = Tensor
"""One tensor of a singer's memory: an input; the output that replaces it is called ``next_<name>``."""


@dataclass(frozen=True, slots=True)
class Signature:
    """The tensors that a network has by its manifest, for whoever feeds it.

    Attributes:
        inputs: What is given anew each frame.
        outputs: What comes out each frame, the actions first.
        state: What is carried from frame to frame.
    """

    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    state: tuple[Tensor, ...]


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a model promises.

    Attributes:
        format: Version of this layout.
        name: Name with version, as its folder is called.
        version: Version of the weights.
        file: The ``.onnx`` file beside the manifest.
        sha256: Hash of that file, hexadecimal.
        features: The analysis it was trained on.
        outputs: Names of the actions it predicts, in the order of the tensor ``actions``.
        lookahead_samples: How far what it depicts lies behind the newest sample it has heard.
        state: The memory it carries.
        trained_on: The data it learned from, with licences, as sentences.
        inputs: What it is given each frame; ``frame`` is made by `t2s_rt.inference.inputs`, any other is
            zero where nothing is known.
        signals: What it says beside the actions, such as ``presence``.
        mel_profile_db: Mean spectrum of the voices it learned from, against their reference level: what
            a singer's own is compared with; empty where it was not measured.
    """

    format: int
    name: str
    version: int
    file: str
    sha256: str
    features: FeatureLayout
    outputs: tuple[str, ...]
    lookahead_samples: int
    state: tuple[StateTensor, ...]
    trained_on: tuple[str, ...]
    inputs: tuple[Tensor, ...] = (Tensor(INPUT_NAME, (INPUT_COUNT,)),)
    signals: tuple[Tensor, ...] = ()
    mel_profile_db: tuple[float, ...] = ()

    @property
    def signature(self) -> Signature:
        """The tensors of the network."""
        actions = Tensor(OUTPUT_NAME, (len(self.outputs),))
        return Signature(self.inputs, (actions, *self.signals), self.state)


def load_manifest(folder: Path) -> Manifest:
    """Read and check ``manifest.json`` in a model's folder, and the file it speaks of.

    Args:
        folder: Such as ``exported_models/motion-v5``.

    Raises:
        ModelError: The folder, the manifest or the model is missing or does not match this version.
    """
    path = folder / "manifest.json"
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as problem:
        raise ModelError(
            f"No model at {folder}: its manifest.json cannot be read ({problem.strerror}).",
            "Give a folder that holds model.onnx and manifest.json.",
        ) from problem
    except UnicodeDecodeError as problem:
        raise ModelError(f"{path} is not text in UTF-8.", _RETRAIN) from problem
    try:
        raw = json.loads(text)
    except json.JSONDecodeError as problem:
        raise ModelError(
            f"{path}, line {problem.lineno}: not JSON ({problem.msg}).", _RETRAIN
        ) from problem
    manifest = _manifest(raw, str(path))
    _check(manifest, str(path))
    _check_file(folder / manifest.file, manifest.sha256)
    return manifest


def dump_manifest(manifest: Manifest) -> str:
    """The manifest as the JSON text that `load_manifest` reads."""
    return json.dumps(dataclasses.asdict(manifest), indent=2, ensure_ascii=False) + "\n"


def sha256_of(path: Path) -> str:
    """SHA-256 of a file's bytes, hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def bundled_model_path() -> Path:
    """Folder of the model that ships with the engine: in the repository, or inside the wheel.

    Raises:
        ModelError: Neither is there.
    """
    package = Path(__file__).resolve().parents[1]
    for root in (package.parent / "exported_models", package / "bundled_models"):
        if (root / DEFAULT_MODEL / "manifest.json").is_file():
            return root / DEFAULT_MODEL
    raise ModelError(
        f"The bundled model {DEFAULT_MODEL} is missing.", "Install t2s-rt again, or name a model folder."
    )


def _manifest(raw: object, where: str) -> Manifest:
    fields = _fields(raw, Manifest, where)
    optional = {
        name: read(fields[name], f"{where}: {name}")
        for name, read in (("inputs", _tensors), ("signals", _tensors), ("mel_profile_db", _decibels))
        if name in fields
    }
    return Manifest(
        format=_whole(fields["format"], f"{where}: format"),
        name=_text(fields["name"], f"{where}: name"),
        version=_whole(fields["version"], f"{where}: version"),
        file=_text(fields["file"], f"{where}: file"),
        sha256=_text(fields["sha256"], f"{where}: sha256"),
        features=_layout(fields["features"], f"{where}: features"),
        outputs=_texts(fields["outputs"], f"{where}: outputs"),
        lookahead_samples=_whole(fields["lookahead_samples"], f"{where}: lookahead_samples"),
        state=_tensors(fields["state"], f"{where}: state"),
        trained_on=_texts(fields["trained_on"], f"{where}: trained_on"),
        **optional,  # type: ignore[arg-type]  # each read by the reader of its type
    )


def _tensors(raw: object, where: str) -> tuple[Tensor, ...]:
    entries = [_fields(item, Tensor, where) for item in _items(raw, where)]
    return tuple(
        Tensor(
            name=_text(entry["name"], f"{where} name"),
            shape=tuple(_whole(n, f"{where} shape") for n in _items(entry["shape"], f"{where} shape")),
        )
        for entry in entries
    )


def _texts(raw: object, where: str) -> tuple[str, ...]:
    return tuple(_text(item, where) for item in _items(raw, where))


def _decibels(raw: object, where: str) -> tuple[float, ...]:
    values = _items(raw, where)
    for value in values:
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise ModelError(f"{where}: expected numbers in dB, got {value!r}.", _RETRAIN)
    return tuple(float(value) for value in values if isinstance(value, int | float))


def _layout(raw: object, where: str) -> FeatureLayout:
    fields = _fields(raw, FeatureLayout, where)
    for name, value in fields.items():
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ModelError(f"{where}, {name}: expected a number, got {value!r}.", _RETRAIN)
    return FeatureLayout(**fields)  # type: ignore[arg-type]  # every field is a number, checked above


def _fields(raw: object, shape: type, where: str) -> Mapping[str, object]:
    expected = {field.name for field in dataclasses.fields(shape)}
    optional = {f.name for f in dataclasses.fields(shape) if f.default is not dataclasses.MISSING}
    if not isinstance(raw, dict):
        raise ModelError(f"{where}: expected an object with {sorted(expected)}, got {raw!r}.", _RETRAIN)
    missing, unknown = expected - optional - raw.keys(), raw.keys() - expected
    if missing or unknown:
        raise ModelError(
            f"{where}: missing keys {sorted(missing)}, unknown keys {sorted(unknown)}.", _RETRAIN
        )
    return raw


def _items(raw: object, where: str) -> list[object]:
    if not isinstance(raw, list):
        raise ModelError(f"{where}: expected a list, got {raw!r}.", _RETRAIN)
    return raw


def _text(raw: object, where: str) -> str:
    if not isinstance(raw, str) or not raw:
        raise ModelError(f"{where}: expected text, got {raw!r}.", _RETRAIN)
    return raw


def _whole(raw: object, where: str) -> int:
    if isinstance(raw, bool) or not isinstance(raw, int) or raw < 0:
        raise ModelError(f"{where}: expected a whole number of at least 0, got {raw!r}.", _RETRAIN)
    return raw


def _check(manifest: Manifest, where: str) -> None:
    if manifest.format not in READABLE_FORMATS:
        raise ModelError(
            f"{where}: manifest format {manifest.format}, this version reads up to {FORMAT}.", _RETRAIN
        )
    for field in dataclasses.fields(FeatureLayout):
        trained, running = getattr(manifest.features, field.name), getattr(RUNNING_LAYOUT, field.name)
        if trained != running:
            raise ModelError(
                f"{where}: the model was trained with {field.name} {trained}, here it is {running}.",
                _RETRAIN,
            )
    strangers = [name for name in manifest.outputs if name not in ACTION_INDEX]
    if strangers or not manifest.outputs or len(set(manifest.outputs)) < len(manifest.outputs):
        raise ModelError(
            f"{where}: outputs must be different names of actions, at least one; unknown: {strangers}.",
            _RETRAIN,
        )
    if manifest.lookahead_samples > LOOKAHEAD_LIMIT_SAMPLES:
        raise ModelError(
            f"{where}: a look-ahead of {manifest.lookahead_samples} samples is over the limit of "
            f"{LOOKAHEAD_LIMIT_SAMPLES} (20 ms).",
            _RETRAIN,
        )
    if Path(manifest.file).name != manifest.file:
        raise ModelError(f"{where}: file must be a plain name, got {manifest.file!r}.", _RETRAIN)
    _check_tensors(manifest, where)


def _check_tensors(manifest: Manifest, where: str) -> None:
    if Tensor(INPUT_NAME, (INPUT_COUNT,)) not in manifest.inputs:
        raise ModelError(
            f"{where}: inputs must hold {INPUT_NAME!r} of shape [{INPUT_COUNT}], "
            f"got {[(tensor.name, list(tensor.shape)) for tensor in manifest.inputs]}.",
            _RETRAIN,
        )
    signature = manifest.signature
    going_in = [tensor.name for tensor in (*signature.inputs, *signature.state)]
    coming_out = [tensor.name for tensor in signature.outputs]
    coming_out += [NEXT_PREFIX + tensor.name for tensor in signature.state]
    for names in (going_in, coming_out):
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ModelError(f"{where}: two tensors are called {twice}.", _RETRAIN)
    for tensor in (*signature.inputs, *signature.outputs, *signature.state):
        if not tensor.shape or 0 in tensor.shape:
            raise ModelError(f"{where}: {tensor.name} has the empty shape {tensor.shape}.", _RETRAIN)
    if manifest.mel_profile_db and len(manifest.mel_profile_db) != MEL_BANDS:
        raise ModelError(
            f"{where}: mel_profile_db has {len(manifest.mel_profile_db)} bands, expected {MEL_BANDS}.",
            _RETRAIN,
        )


def _check_file(path: Path, sha256: str) -> None:
    try:
        found = sha256_of(path)
    except OSError as problem:
        raise ModelError(f"The model {path} cannot be read ({problem.strerror}).", _RETRAIN) from problem
    if found != sha256:
        raise ModelError(
            f"The model {path} is not the file its manifest speaks of (sha256 {found[:12]}, expected "
            f"{sha256[:12]}).",
            "Restore both files, or export the model again.",
        )
