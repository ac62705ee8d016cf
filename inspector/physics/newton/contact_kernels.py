# pyright: basic, reportArgumentType=false, reportIndexIssue=false, reportOperatorIssue=false, reportAttributeAccessIssue=false
"""Kernels that see to the contacts of a substep, on the device and in the same CUDA graph.

Warp reads the annotations, so they are values and not strings; importing this module imports Warp.
"""

import warp as wp


@wp.kernel(enable_backward=False)
def count_constraints(
    overflow: wp.array[wp.int32],
    rows: wp.array[wp.int32],
    contacts: wp.array[wp.int32],
    candidates: wp.array[wp.int32],
    counted: wp.array[wp.int32],
) -> None:
    """Keep flags, contacts and constraint rows of the substep that had most of them."""
    world = wp.tid()
    if overflow[world] != 0:
        wp.atomic_or(counted, 0, overflow[world])
    if world == 0:
        wp.atomic_max(counted, 1, contacts[0])
        wp.atomic_max(counted, 1, candidates[0])
    wp.atomic_max(counted, 2, rows[world])


@wp.kernel(enable_backward=False)
def count_contacts(contacts: wp.array[wp.int32], counted: wp.array[wp.int32]) -> None:
    """Keep the contacts of the substep that had most of them."""
    wp.atomic_max(counted, 1, contacts[0])
