"""The one door between window and engine: requests go in, frozen snapshots come out."""
