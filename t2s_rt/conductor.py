"""The conductor: knows the song, tells the performer what comes. Filled in as its players arrive."""
