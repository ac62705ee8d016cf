"""Timeline: when? One panel in parts, so that each part fits on two screens."""

from inspector.gui.panels.timeline_panel.panel import TimelinePanel

__all__ = ["TimelinePanel"]
