"""Small things that every floor shares; loads with the standard library alone.

``configclass`` is bound eagerly: a lazy attribute would be shadowed by the submodule of that name.
"""

from inspector.utils.configclass import configclass

__all__ = ["configclass"]
