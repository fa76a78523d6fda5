"""Commands on a song before anyone sings it: retrieve, write, edit. They stand above the engine."""
