"""Peers as subjects: the packages that users would pick instead, their own code on the same audio."""
