"""Where the robots that we drew are."""

from pathlib import Path

import resources


def robot_file(name: str) -> str:
    """Return the USD file of a robot.

    Args:
        name: File name without suffix.

    Raises:
        FileNotFoundError: There is no such robot; the message lists those that exist.
    """
    folder = Path(next(iter(resources.__path__))) / "robots"
    path = folder / f"{name}.usda"
    if not path.is_file():
        known = ", ".join(sorted(file.stem for file in folder.glob("*.usda")))
        raise FileNotFoundError(f"There is no robot '{name}' in {folder}; there are: {known}.")
    return str(path)
