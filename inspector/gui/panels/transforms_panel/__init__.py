"""USD · Fabric: where is it, and is it true? The panel and its table."""

from inspector.gui.panels.transforms_panel.panel import TransformsPanel

__all__ = ["TransformsPanel"]
