"""Where in the song the singer is, told from what is sung."""
