"""What scripts import as ``population``: filling Fabric from USD, which happens by itself here."""

from __future__ import annotations

from typing import Any

from inspector.fabric.usdrt.stage import Stage


class IUtils:
    """The calls that fill Fabric; every query has what happened on the stage since."""

    def set_enable_usd_notice_handling(self, stage_id: int, fabric_id: Any, enabled: bool) -> None:
        """Do nothing: what is authored in USD is always followed."""

    def get_enable_usd_notice_handling(self, stage_id: int, fabric_id: Any) -> bool:
        """Return that USD is followed."""
        del stage_id, fabric_id
        return True

    def populate_from_usd(
        self, stage_reader_writer_id: Any, stage_id: int, path: Any, time: float = 0.0
    ) -> None:
        """Read what happened on a stage since."""
        del stage_reader_writer_id, path, time
        Stage.Attach(stage_id).SynchronizeToFabric()

    def apply_pending_usd_updates(
        self, stage_id: int, stage_reader_writer_id: Any, time: float = 0.0
    ) -> None:
        """Read what happened on a stage since."""
        del stage_reader_writer_id, time
        Stage.Attach(stage_id).SynchronizeToFabric()

    def is_populated(self, stage_id: int, fabric_id: Any = None) -> bool:
        """Return that the rows are there."""
        del stage_id, fabric_id
        return True
