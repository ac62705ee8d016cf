"""What the program ships: robots, themes and scenes; read through importlib.resources."""
