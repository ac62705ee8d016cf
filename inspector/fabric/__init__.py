"""Fabric: flat rows of world transforms, who wrote them, and how they meet USD."""

import lazy_loader as lazy

__getattr__, __dir__, __all__ = lazy.attach_stub(__name__, __file__)
