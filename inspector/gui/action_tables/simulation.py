"""Actions of the menu *Simulation*: time."""

from __future__ import annotations

from inspector.gui.action_tables.spec import ActionSpec, When

SIMULATION_ACTIONS: tuple[ActionSpec, ...] = (
    ActionSpec(
        "sim.play", "Play", "Simulation", "Space", "Play in real time, or pause", When.STAGE,
        undo="Stop brings USD and Fabric back",
    ),
    ActionSpec(
        "sim.step", "Step", "Simulation", ".", "Advance by one step and stay paused", When.STAGE,
        undo="Stop brings USD and Fabric back",
    ),
    ActionSpec(
        "sim.stop", "Stop", "Simulation", "Shift+Space",
        "Stop; USD and Fabric return to what they were before play", When.STAGE | When.LIVE,
        undo="Play again",
    ),
    ActionSpec("sim.cancel", "Cancel the running job", "Simulation", "Esc",
               "Leave the stage as it was before it", When.BUSY, separated=True),
    ActionSpec(
        "sim.settings", "Simulation settings…", "Simulation", "Ctrl+Shift+,",
        "Time step, physics engine, device, Fabric or USD", When.STAGE, separated=True,
        undo="One undo step",
    ),
)  # fmt: skip
