"""The live session: the one mutable owner of a scene, and the values that leave it.

The names load on first use: ``snapshot``, ``edits`` and ``query`` are value modules that need
neither torch nor pxr.
"""

import lazy_loader as lazy

__getattr__, __dir__, __all__ = lazy.attach_stub(__name__, __file__)
