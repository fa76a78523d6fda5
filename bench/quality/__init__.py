"""Judgement of a mouth that is moved by sound: the same rows for our engine and for its peers."""
