"""What every panel is handed: the session to ask, the shared view state, the undo list."""

from __future__ import annotations

from inspector.gui.bridge.requests import EngineFactory
from inspector.gui.bridge.session_proxy import SessionProxy
from inspector.gui.bridge.undo import UndoStack
from inspector.gui.bridge.view_state import ViewState


class Bridge:
    """Everything that a panel may talk to; GUI thread only.

    Args:
        engine_factory: Makes the session, in the core thread; ``None`` is the real one.
    """

    def __init__(self, engine_factory: EngineFactory | None = None) -> None:
        self.session = SessionProxy(engine_factory)
        self.view = ViewState()
        self.undo = UndoStack(self.session)

    def shutdown(self) -> None:
        """End the core thread; afterwards nothing here signals any more."""
        self.session.shutdown()
        # An undo list that is torn down says so to widgets that may be gone before it.
        self.undo.blockSignals(True)
