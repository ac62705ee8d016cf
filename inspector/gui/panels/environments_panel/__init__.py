"""Environments: which one is odd? The panel and its image."""

from inspector.gui.panels.environments_panel.panel import EnvironmentsPanel

__all__ = ["EnvironmentsPanel"]
