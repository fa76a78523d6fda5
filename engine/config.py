"""Where things are and what the defaults are; parsed settings of a run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from t2s_rt.errors import ConfigError
from t2s_rt.inference.backends.seam import Backend
from t2s_rt.intensity.style import USUAL

DEFAULT_HOST: Final = "127.0.0.1"
DEFAULT_PORT: Final = 8760
VIEWER_DIR: Final = Path(__file__).parent / "viewer"
"""The built page; made by set-up, shipped in the wheel."""


@dataclass(frozen=True, slots=True)
class LiveConfig:
    """Settings of one `t2s live`.

    Attributes:
        source: Source specification, such as ``mic``, ``mic:NAME``, ``file:PATH``, ``demo`` or ``ws``.
        host: Address to listen on; beyond loopback a token is required.
        port: TCP port; 0 takes a free one.
        token: What clients must present; empty for none.
        certificate: PEM file that makes the server https and wss; None for http and ws.
        key: Its private key.
        seconds: End after this long; None runs until interrupted or until the source ends.
        model: Folder of an exported model; None for the bundled one.
        backend: Where the model runs.
        voice_profile: The singer's voice and microphone, as `t2s profile` measured them; None for any.
        seed: Seed of what the performer invents.
        style: How it performs, from 0 (calm) over 0.5 (usual) to 1 (wild).
        flame: A calibrated FLAME file whose parameters to send; None for the embedded head's.
        loop: Whether a file starts again when it ends.
        song: Lyrics of the song that is sung; None where unknown. The demo knows its own.
        subtitles: Its motion subtitles; None where there are none.
        voice: Which of the song's voices is sung, from 0.
        follow: Whether the sung notes may correct the song's clock.
        output_offset_s: How much later the singer hears a player than it says.
        microphone_offset_s: How much earlier a sample was sung than its capture time says.
        outputs: Specifications of outputs, such as ``vmc`` (docs/outputs.md).
        outputs_file: A file of more of them, which may change while the engine runs.
        mapping: Mapping file for outputs that name none of their own.

    Raises:
        ConfigError: A value is out of range.
    """

    source: str = "mic"
    host: str = DEFAULT_HOST
    port: int = DEFAULT_PORT
    token: str = ""
    certificate: Path | None = None
    key: Path | None = None
    seconds: float | None = None
    model: Path | None = None
    backend: Backend = Backend.CPU
    voice_profile: Path | None = None
    seed: int = 0
    style: float = USUAL
    flame: Path | None = None
    loop: bool = False
    song: Path | None = None
    subtitles: Path | None = None
    voice: int = 0
    follow: bool = True
    output_offset_s: float = 0.0
    microphone_offset_s: float = 0.0
    outputs: tuple[str, ...] = ()
    outputs_file: Path | None = None
    mapping: Path | None = None

    def __post_init__(self) -> None:
        if self.seconds is not None and not self.seconds > 0:
            raise ConfigError(f"--seconds {self.seconds} is not a length of time.", "Give more than 0.")
