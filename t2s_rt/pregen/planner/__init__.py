"""Motion subtitles without a language model: the same steps, by rules a person can read and change."""

from t2s_rt.pregen.planner.embedded import EmbeddedPlanner

__all__ = ["EmbeddedPlanner"]
