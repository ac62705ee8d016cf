"""One dock each; panels never import each other."""
