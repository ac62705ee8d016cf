"""Actions of the menu *Scene*: the stage: clones, USD and Fabric."""

from __future__ import annotations

from inspector.gui.action_tables.spec import READY_STAGE, ActionSpec, When

SCENE_ACTIONS: tuple[ActionSpec, ...] = (
    ActionSpec(
        "scene.apply_mask", "Apply mask", "Scene", "Ctrl+Return",
        "Clone and remove so that the stage matches the painted mask",
        When.STAGE | When.PENDING, undo="One undo step",
    ),
    ActionSpec(
        "scene.repopulate", "Repopulate Fabric from USD", "Scene", "",
        "Give every stale Fabric row the pose that USD has", READY_STAGE, separated=True,
        undo="One undo step",
    ),
    ActionSpec(
        "scene.write_back", "Write Fabric to USD", "Scene", "",
        "Author the Fabric pose of every stale row in USD", READY_STAGE, undo="One undo step",
    ),
    ActionSpec(
        "scene.hierarchy", "Update hierarchy", "Scene", "",
        "Recompute rows that did not follow their parent", READY_STAGE, undo="One undo step",
    ),
)  # fmt: skip
