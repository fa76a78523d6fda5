"""t2s-rt's runtime: devices, threads, sockets and the command line around the library."""
