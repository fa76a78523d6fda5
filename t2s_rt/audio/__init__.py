"""Sound to features: files, resampling, mel, pitch, loudness, voice."""
