"""Qt item models over snapshots; ``show`` is their only input."""
