"""t2s-rt's library: pure computation from sound to a singing face. No loop, thread, socket or device."""
