"""Scene Inspector: clone, paint, play and debug thousands of environments on a USD stage.

Importing this package is cheap: neither torch nor pxr nor Qt is loaded before a name is used.
"""

__version__ = "0.1.0"
