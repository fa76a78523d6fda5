"""One file a data source, its licence at the top."""
