"""Before anyone sings: a song's words and notes are thought through and become motion subtitles."""
