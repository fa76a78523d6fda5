"""Where sound comes from: microphone, file, WebSocket, synthesis."""
