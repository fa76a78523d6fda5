"""Where a network runs: the CPU, or one of four ways onto an NVIDIA GPU, behind one seam."""
