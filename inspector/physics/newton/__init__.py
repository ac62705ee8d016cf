"""Newton as an engine: its MuJoCo solver for equal worlds, XPBD for mixed ones, particles and cloth.

The package is called like the library that it drives; imports are absolute, so that neither hides
the other.
"""

import lazy_loader as lazy

__getattr__, __dir__, __all__ = lazy.attach_stub(__name__, __file__)
