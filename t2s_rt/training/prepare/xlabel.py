"""Label files as festival and its voices write them: ``end_s 125 phone`` a line, after a line ``#``."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Final

from t2s_rt.errors import CorpusError

PAUSE: Final = "pau"


def read_xlabels(
    path: Path, phones: Collection[str] | None = None
) -> tuple[tuple[str, float, float], ...]:
    """``(phone, start_s, end_s)`` of each label of a file, pauses among them.

    Args:
        path: The file.
        phones: Those that may stand there beside `PAUSE`; None for any.

    Raises:
        CorpusError: A line is no label, a phone is unknown or a time goes back.
    """
    lines = path.read_text(encoding="ascii", errors="replace").splitlines()
    begin = lines.index("#") + 1 if "#" in lines else 0
    labels = []
    start_s = 0.0
    for number, line in enumerate(lines[begin:], begin + 1):
        if not line.strip():
            continue
        try:
            end, _, phone = line.split()
            end_s = float(end)
        except ValueError as problem:
            raise CorpusError(
                f"{path}, line {number}: expected 'end_s 125 phone', found '{line}'."
            ) from problem
        if phones is not None and phone != PAUSE and phone not in phones:
            raise CorpusError(
                f"{path}, line {number}: '{phone}' is not one of the {len(phones)} phones."
            )
        if not end_s >= start_s:
            raise CorpusError(f"{path}, line {number}: {end_s} s lies before {start_s} s.")
        labels.append((phone, start_s, end_s))
        start_s = end_s
    return tuple(labels)
