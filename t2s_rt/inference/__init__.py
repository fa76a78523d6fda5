"""Trained models at run time: manifest, backends, streams."""
