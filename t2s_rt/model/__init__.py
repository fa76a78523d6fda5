"""The network, in torch (extra: train)."""
