"""Clone mask: who receives what? One panel in parts, so that each part fits on two screens."""

from inspector.gui.panels.mask_panel.panel import MaskPanel

__all__ = ["MaskPanel"]
