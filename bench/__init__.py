"""Measurements of the engine against its budgets; `t2s bench`."""
