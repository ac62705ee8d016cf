"""Options that choose how the simulation runs, for the window and for every subcommand that plays."""

from __future__ import annotations

import argparse

from inspector.session.edits import SettingsEdit

BACKENDS = ("auto", "mujoco", "mujoco_warp", "newton")
SOLVERS = ("auto", "mujoco", "xpbd")


def add_settings_options(parser: argparse.ArgumentParser) -> None:
    """Add --backend, --solver, --device, --dt, --substeps and --no-fabric."""
    parser.add_argument("--backend", choices=BACKENDS, help="physics engine (default: auto)")
    parser.add_argument("--solver", choices=SOLVERS, help="solver of Newton (default: auto)")
    parser.add_argument("--device", metavar="NAME", help="cpu, cuda or cuda:N (default: cpu)")
    parser.add_argument("--dt", type=float, metavar="S", help="time of one step [s]")
    parser.add_argument("--substeps", type=int, metavar="N", help="solver steps per step")
    parser.add_argument(
        "--no-fabric",
        action="store_true",
        help="write poses to USD on every step instead of to Fabric",
    )


def settings_edit(options: argparse.Namespace) -> SettingsEdit | None:
    """Return the edit that the options ask for, ``None`` when they leave everything as it is."""
    edit = SettingsEdit(
        dt=options.dt,
        substeps=options.substeps,
        use_fabric=False if options.no_fabric else None,
        backend=options.backend,
        solver=options.solver,
        device=options.device,
    )
    return None if edit == SettingsEdit() else edit
