"""Songs: lyrics with their times, from the formats that karaoke and music programs write."""
