"""Frames to clients: the wire format and the server that speaks it."""
