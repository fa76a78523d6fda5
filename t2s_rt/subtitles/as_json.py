"""Motion subtitles as JSON, for programs.

One object: ``format``, ``version``, ``header`` (by the keys of the WebVTT header), ``cues`` (rows of
``start_s``, ``end_s``, ``region``, ``move``, ``intensity``, ``text``), ``muted`` (rows alike),
``written`` (the ledger) and ``comments``.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from t2s_rt.errors import SubtitleError
from t2s_rt.subtitles.cue import Cue, SubtitleTrack
from t2s_rt.subtitles.draft import MOST_CUES, Draft, header_entries
from t2s_rt.subtitles.ledger import entries
from t2s_rt.subtitles.line import INTENSITY_DIGITS, parse_move, parse_region

NAME: Final = "t2s motion subtitles"
VERSION: Final = 1

_KEYS: Final = ("start_s", "end_s", "region", "move", "intensity", "text")


def parse_json(text: str, draft: Draft) -> None:
    """Read a JSON document into ``draft``.

    Raises:
        SubtitleError: It is no JSON, of another kind or version, or a cue is broken.
    """
    document = _document(text, draft)
    for key, value in document.get("header", {}).items():
        draft.add_header(f"{key}: {value}")
    for entry in _list(document, "written", draft):
        draft.ledger.read(str(entry))
    for comment in _list(document, "comments", draft):
        if isinstance(comment, dict):
            at_s = _number(comment.get("at_s"), "at_s", "a comment", draft)
            draft.comments.append((at_s, str(comment.get("text", ""))))
    for i, row in enumerate(_list(document, "cues", draft)):
        draft.cues.append((_cue(row, f"cues[{i}]", draft), None))
    for i, row in enumerate(_list(document, "muted", draft)):
        draft.muted.append(replace(_cue(row, f"muted[{i}]", draft), by_hand=True))


def format_json(track: SubtitleTrack) -> str:
    """The document's text, a cue a line."""
    head: dict[str, object] = {
        "format": NAME,
        "version": VERSION,
        "header": dict(header_entries(track.header)),
    }
    comments = [{"at_s": _ms(at_s), "text": text} for at_s, text in track.comments]
    lists: dict[str, Sequence[object]] = {
        "cues": [_row(cue) for cue in track.cues],
        "muted": [_row(cue) for cue in track.muted],
        "written": entries(track),
        "comments": comments,
    }
    parts = [f"{_dump(key)}: {_dump(value)}" for key, value in head.items()]
    for key, rows in lists.items():
        lines = ",\n".join(f"  {_dump(row)}" for row in rows)
        parts.append(f"{_dump(key)}: [\n{lines}\n ]" if lines else f"{_dump(key)}: []")
    return "{\n " + ",\n ".join(parts) + "\n}\n"


def _document(text: str, draft: Draft) -> dict[str, Any]:
    """The outermost object, with a list of cues and a header that is an object where there is one."""
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        raise draft.error(f"expected JSON, but {error.msg.lower()}.", line=error.lineno) from None
    except (RecursionError, ValueError) as error:
        raise draft.error(f"expected JSON of motion subtitles, but {error}.") from None
    if not isinstance(document, dict) or not isinstance(document.get("cues"), list):
        raise draft.error('expected an object with a list "cues".')
    if document.get("version", VERSION) != VERSION:
        raise draft.error(f"expected version {VERSION}, found {document['version']!r}.")
    if not isinstance(document.get("header", {}), dict):
        raise draft.error('expected an object as "header".')
    return document


def _dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _ms(time_s: float) -> float:
    return round(1000 * time_s) / 1000


def _row(cue: Cue) -> dict[str, object]:
    intensity = round(cue.intensity, INTENSITY_DIGITS)
    values = (_ms(cue.start_s), _ms(cue.end_s), cue.region, cue.move, intensity, cue.text)
    return dict(zip(_KEYS, values, strict=True))


def _cue(row: Any, place: str, draft: Draft) -> Cue:  # noqa: ANN401 - parsed JSON
    if not isinstance(row, dict):
        raise draft.error(f"expected an object as {place}, found {type(row).__name__}.")
    unknown = [key for key in row if key not in _KEYS]
    if unknown:
        raise draft.error(f"{place} has {unknown[0]!r}.", f"A cue has: {', '.join(_KEYS)}.")
    start_s, end_s, intensity = (
        _number(row.get(key), key, place, draft) for key in ("start_s", "end_s", "intensity")
    )
    try:
        region = parse_region(str(row.get("region", "")))
        move = parse_move(region, str(row.get("move", "")))
        text = " ".join(str(row.get("text", "")).split())
        return Cue(_ms(start_s), _ms(end_s), region, move, round(intensity, INTENSITY_DIGITS), text)
    except SubtitleError as error:
        raise draft.error(f"{place}: {error.problem}", error.hint) from None


def _number(value: Any, key: str, place: str, draft: Draft) -> float:  # noqa: ANN401 - parsed JSON
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 1e9:
        raise draft.error(f"expected a number as {key!r} of {place}, found {value!r}.")
    return float(value)


def _list(document: dict[str, Any], key: str, draft: Draft) -> list[Any]:
    rows = document.get(key, [])
    if not isinstance(rows, list):
        raise draft.error(f"expected a list as {key!r}.")
    if len(rows) > MOST_CUES:
        raise draft.error(f"expected at most {MOST_CUES} {key}.")
    return rows
