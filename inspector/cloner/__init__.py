"""Cloning: who receives what (plans, strategies, rules) and how it gets onto the stage.

The names load on first use, so that ``inspector.cloner.rules`` needs neither torch nor pxr.
"""

import lazy_loader as lazy

# Bound eagerly on purpose: a lazy attribute would be shadowed by the submodule of that name.
# The replicate functions have such names; their modules therefore import pxr and torch late.
from inspector.cloner.fabric_replicate import (
    fabric_replicate as fabric_replicate,
    forget_fabric_clones as forget_fabric_clones,
)
from inspector.cloner.usd_replicate import usd_replicate as usd_replicate

__getattr__, __dir__, __all__ = lazy.attach_stub(__name__, __file__)
