"""What surrounds the panels: theme, settings, state ribbon, command palette."""
