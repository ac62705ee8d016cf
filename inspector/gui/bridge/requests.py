"""What the window may ask of the core thread, as frozen values that cross by queued signal."""

from __future__ import annotations

from collections.abc import Callable, Sequence, Sized
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeAlias

from inspector.cloner.estimate import DryRun
from inspector.session.edits import Edit, MaskEdit, ReplanEdit
from inspector.session.pull_target import PullTarget
from inspector.session.snapshot import Message, PlayState, PrimDetails, SceneSnapshot, Tolerance

Progress: TypeAlias = Callable[[int, int, str], None]
"""Called with (done, total, text); raises ``CancelledError`` to cancel."""


class Recoverable(Protocol):
    """Edits that a session lost when it crashed."""

    @property
    def name(self) -> str:
        """What the user knows the scene by."""
        ...

    @property
    def entries(self) -> Sized:
        """The edits."""
        ...


class Engine(Protocol):
    """The part of ``Session`` that the core thread uses (tests put a fake in its place)."""

    def new_demo(
        self,
        num_envs: int = 64,
        seed: int = 0,
        progress: Progress | None = None,
        *,
        clone_in_fabric: bool = False,
    ) -> object:
        """Replace the stage by the demo scene."""
        ...

    def open_file(
        self, path: Path, num_envs: int | None = None, progress: Progress | None = None
    ) -> object:
        """Replace the stage by a file."""
        ...

    def apply(self, edit: Edit, progress: Progress | None = None) -> Edit:
        """Apply an edit and return its inverse."""
        ...

    def set_state(self, state: PlayState, progress: Progress | None = None) -> object:
        """Play, pause or stop."""
        ...

    def step(self, n: int = 1) -> Message | None:
        """Advance the physics; return why it paused before the end."""
        ...

    def scrub(self, step: int) -> object:
        """Show a recorded step."""
        ...

    def step_back(self, n: int = 1) -> object:
        """Show the step before the shown one."""
        ...

    def record(self, enabled: bool, capacity: int) -> object:
        """Record steps or not."""
        ...

    def set_break_conditions(self, conditions: Sequence[str]) -> object:
        """Pause when one of these begins to hold."""
        ...

    def snapshot(self) -> SceneSnapshot:
        """Publish the scene."""
        ...

    def inspect(self, path: str) -> PrimDetails:
        """Describe one prim."""
        ...

    def set_tolerance(self, tolerance: Tolerance) -> object:
        """Set the tolerance behind the stale reasons."""
        ...

    def show_overlays(self, names: frozenset[str], env_id: int) -> object:
        """Publish these parts of the overlay table from now on."""
        ...

    def pull(self, target: PullTarget | None) -> object:
        """Pull a body with a spring; ``None`` lets go."""
        ...

    def assign(self, strategy: str, seed: int) -> MaskEdit:
        """Propose a mask."""
        ...

    def dry_run(self, edit: ReplanEdit) -> DryRun:
        """Estimate what applying an edit would do."""
        ...

    def save(self, path: Path) -> object:
        """Write the stage to a file."""
        ...

    def recoverable(self) -> Recoverable | None:
        """Return what a crashed session left behind."""
        ...

    def recover(self, progress: Progress | None = None) -> str:
        """Make the scene of a crashed session again; return its file, empty for none."""
        ...

    def discard_recovery(self) -> object:
        """Do not offer those edits again."""
        ...

    def close(self) -> object:
        """Free everything."""
        ...


EngineFactory: TypeAlias = Callable[[], Engine]


BUILDING = "Building the physics…"
"""What the first play or step after a stop does; the window says so before the core begins."""


@dataclass(frozen=True)
class OpenFile:
    """Open a USD file."""

    path: str
    num_envs: int | None = None


@dataclass(frozen=True)
class NewDemo:
    """Build the demo scene."""

    num_envs: int
    seed: int
    clone_in_fabric: bool = False


@dataclass(frozen=True)
class Apply:
    """Apply an edit; the answer carries the same token."""

    token: int
    edit: Edit


@dataclass(frozen=True)
class SetState:
    """Play, pause or stop."""

    state: PlayState


@dataclass(frozen=True)
class Step:
    """Advance by explicit steps; the simulation is paused afterwards."""

    count: int


@dataclass(frozen=True)
class Scrub:
    """Show a recorded step; the simulation is paused there."""

    step: int


@dataclass(frozen=True)
class StepBack:
    """Show the step so many before the shown one."""

    count: int


@dataclass(frozen=True)
class Record:
    """Record steps or not, in so much memory [byte]."""

    enabled: bool
    capacity: int


@dataclass(frozen=True)
class SetBreakConditions:
    """Pause when one of these begins to hold."""

    conditions: tuple[str, ...]


@dataclass(frozen=True)
class Inspect:
    """Describe one prim."""

    path: str


@dataclass(frozen=True)
class Save:
    """Write the stage to a file."""

    path: str


@dataclass(frozen=True)
class SetTolerance:
    """Set the tolerance."""

    tolerance: Tolerance


@dataclass(frozen=True)
class ShowOverlays:
    """Publish these parts of the overlay table, contacts of one environment or of all (-1)."""

    names: frozenset[str]
    env_id: int = -1


@dataclass(frozen=True)
class PullBody:
    """Pull a body with a spring while playing; ``None`` lets go."""

    target: PullTarget | None


@dataclass(frozen=True)
class Assign:
    """Propose a mask with a clone strategy."""

    strategy: str
    seed: int


@dataclass(frozen=True)
class Estimate:
    """Say what applying an edit would do; the answer carries the same token."""

    token: int
    edit: ReplanEdit


@dataclass(frozen=True)
class Acknowledge:
    """The window has shown the last snapshot and takes the next one."""


@dataclass(frozen=True)
class Recover:
    """Make the scene of a crashed session again, edits included."""


@dataclass(frozen=True)
class DiscardRecovery:
    """Forget the edits of a crashed session."""


@dataclass(frozen=True)
class Close:
    """Close the session and end the thread."""


Request: TypeAlias = (
    OpenFile
    | NewDemo
    | Apply
    | SetState
    | Step
    | Scrub
    | StepBack
    | Record
    | SetBreakConditions
    | Inspect
    | Save
    | SetTolerance
    | ShowOverlays
    | PullBody
    | Assign
    | Estimate
    | Acknowledge
    | Recover
    | DiscardRecovery
    | Close
)
