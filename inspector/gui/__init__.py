"""The window: shows frozen snapshots of the engine and sends it requests."""
