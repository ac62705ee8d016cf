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
    ActionSpec(
        "sim.step_back", "Step back", "Simulation", ",",
        "Show the recorded step before the shown one", When.STAGE | When.LIVE, separated=True,
        undo="Go to the latest recorded step; going on from a past step forgets the later ones",
    ),
    ActionSpec(
        "sim.oldest", "Oldest recorded step", "Simulation", "Alt+Home",
        "Show the first step that is recorded", When.STAGE | When.LIVE,
        undo="Go to the latest recorded step",
    ),
    ActionSpec(
        "sim.latest", "Latest recorded step", "Simulation", "Alt+End",
        "Leave the past: show the step that the simulation has reached", When.STAGE | When.LIVE,
        undo="Scrub back",
    ),
    ActionSpec("sim.breaks", "Break conditions…", "Simulation", "Ctrl+B",
               "Pause when something begins to hold, such as stale > 1 mm"),
    ActionSpec("sim.recording", "Recording…", "Simulation", "",
               "Record every step or not, and in how much memory",
               undo="Set it back; steps that gave way are gone"),
    ActionSpec("sim.cancel", "Cancel the running job", "Simulation", "Esc",
               "Leave the stage as it was before it", When.BUSY, separated=True),
    ActionSpec(
        "sim.settings", "Simulation settings…", "Simulation", "Ctrl+Shift+,",
        "Time step, physics engine, device, Fabric or USD", When.STAGE, separated=True,
        undo="One undo step",
    ),
)  # fmt: skip
