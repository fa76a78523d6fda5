"""Motion subtitles: timed, editable descriptions of what brows, eyes, mouth and neck do."""

from t2s_rt.subtitles.cue import Cue, Deletion, SubtitleTrack, TrackHeader
from t2s_rt.subtitles.load import format_track, load_track, parse_track, save_track
from t2s_rt.subtitles.merge import merge_edits

__all__ = [
    "Cue",
    "Deletion",
    "SubtitleTrack",
    "TrackHeader",
    "format_track",
    "load_track",
    "merge_edits",
    "parse_track",
    "save_track",
]
