"""The doors: HTTP, WebSocket and server-sent events."""
