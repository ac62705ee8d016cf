"""What makes USD return bit for bit at stop, without ever copying the scene.

From play to stop every layer that holds the scene is locked and authoring goes to the session
layer, which is small and is put back at stop. Measured on 131,000 prims: copying the root layer
costs 3.7 s at play, 0.7 s at stop and 270 MB; locking costs nothing. See the decision record.

Belongs here: layers, permissions and the edit target. Fabric has its own snapshot.
"""

from __future__ import annotations

import contextlib

from pxr import Sdf, Tf, Usd

from inspector.errors import StageError
from inspector.utils.message import Message
from inspector.utils.states import Severity


class StageGuard:
    """Holds the scene's layers unchanged between ``__init__`` (play) and ``restore`` (stop).

    Args:
        stage: Stage to guard; it needs a session layer.

    Raises:
        StageError: If the stage was made without a session layer.
    """

    def __init__(self, stage: Usd.Stage) -> None:
        session = stage.GetSessionLayer()
        if not session:
            raise StageError(
                "This stage has no session layer, which play needs.",
                where=stage.GetRootLayer().identifier,
                todo="Open it with open_stage().",
            )
        self._stage = stage
        self._session = session
        self._target = stage.GetEditTarget()
        self._saved = Sdf.Layer.CreateAnonymous("session before play")
        self._saved.TransferContent(session)
        self._layers = _layer_ids(stage)
        self._locked = [
            layer for layer in stage.GetUsedLayers() if layer != session and layer.permissionToEdit
        ]
        self._changed: list[str] = []
        self._notices = [
            Tf.Notice.Register(Sdf.Notice.LayersDidChangeSentPerLayer, self._on_change, layer)
            for layer in self._locked
        ]
        for layer in self._locked:
            layer.SetPermissionToEdit(False)
        stage.SetEditTarget(Usd.EditTarget(session))

    @property
    def play_layer(self) -> Sdf.Layer:
        """The layer that receives what is authored while playing; put back at ``restore``."""
        return self._session

    @property
    def saved(self) -> Sdf.Layer:
        """What the play layer held at play; not to be written."""
        return self._saved

    def restore(self) -> tuple[Message, ...]:
        """Put everything back.

        Returns:
            What could not be put back, one message each; empty when USD is as it was.
        """
        with contextlib.ExitStack() as stack:  # all of it, whatever goes wrong on the way
            stack.callback(self._stage.SetEditTarget, self._target)
            stack.callback(self._session.TransferContent, self._saved)
            for layer in self._locked:
                stack.callback(layer.SetPermissionToEdit, True)
            for notice in self._notices:
                stack.callback(notice.Revoke)
        return self._audit()

    def _on_change(self, notice: Sdf.Notice.LayersDidChangeSentPerLayer, layer: Sdf.Layer) -> None:
        del notice
        if layer.identifier not in self._changed:
            self._changed.append(layer.identifier)

    def _audit(self) -> tuple[Message, ...]:
        texts = [
            (name, f"Layer {name} was unlocked and edited while playing; it keeps the edit.")
            for name in self._changed
        ]
        if self._session.ExportToString() != self._saved.ExportToString():
            texts.append(("", "The session layer did not return to its state before play."))
        if _layer_ids(self._stage) != self._layers:
            texts.append(("", "The layers of the stage are not those from before play."))
        return tuple(
            Message(Severity.WARNING, text, path, code="not-restored") for path, text in texts
        )


def _layer_ids(stage: Usd.Stage) -> list[str]:
    return [layer.identifier for layer in stage.GetLayerStack()]
