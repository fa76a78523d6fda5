"""What words feel, by language: files that people read, and the search for their entries in a line."""
