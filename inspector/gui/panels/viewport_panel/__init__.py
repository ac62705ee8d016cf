"""Viewport: what does it look like? The panel and the words over its picture."""

from inspector.gui.panels.viewport_panel.panel import ViewportPanel

__all__ = ["ViewportPanel"]
