"""What the user can do, as data: one module per menu."""
