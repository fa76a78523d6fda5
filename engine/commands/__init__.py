"""One file a command: what `t2s NAME` parses, does and prints."""
