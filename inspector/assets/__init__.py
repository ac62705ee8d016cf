"""Rigid objects and articulations: settings and what they do at run time."""

import lazy_loader as lazy

__getattr__, __dir__, __all__ = lazy.attach_stub(__name__, __file__)
