"""What the session tells the window: the same signals leave the core thread and reach the window."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal


class SessionSignals(QObject):
    """The answers of a session, as frozen values.

    Signals:
        snapshot_published: A new ``SceneSnapshot``.
        stage_replaced: A file was opened or a scene was made; its snapshot comes next.
        failed: An ``InspectorError`` that no edit token belongs to.
        progressed: Done, total and text of the running job.
        busy_changed: What the core is doing, empty when it is idle.
        prim_inspected: ``PrimDetails`` of an ``inspect``.
        edit_applied: Token of an ``apply`` and the inverse edit.
        edit_refused: Token of an ``apply`` and the ``InspectorError``.
        mask_proposed: The ``MaskEdit`` of an ``assign``.
        estimated: Token of an ``estimate`` and the ``DryRun``.
        break_reached: The ``Message`` of the break condition that paused.
        saved: Path of the written file.
        engine_ready: The engine is imported.
        recovery_found: Number of edits that a crashed session left behind, and name of its scene.
        recovered: They are applied again; path of the scene's file, empty for none.
    """

    snapshot_published = Signal(object)
    stage_replaced = Signal()
    failed = Signal(object)
    progressed = Signal(int, int, str)
    busy_changed = Signal(str)
    prim_inspected = Signal(object)
    edit_applied = Signal(int, object)
    edit_refused = Signal(int, object)
    mask_proposed = Signal(object)
    estimated = Signal(int, object)
    break_reached = Signal(object)
    saved = Signal(str)
    engine_ready = Signal()
    recovery_found = Signal(int, str)
    recovered = Signal(str)
