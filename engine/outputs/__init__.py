"""Outputs: the face in the programs that avatars already live in, one file a protocol."""
