"""Motion subtitles: timed, editable descriptions of what brows, eyes, mouth and neck do."""
