"""Motion subtitles without a language model: the same steps, by rules a person can read and change."""
