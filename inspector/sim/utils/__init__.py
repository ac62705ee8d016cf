"""Stage, prim, query and transform functions in one place, as in Isaac Lab."""

from __future__ import annotations

from typing import TYPE_CHECKING

import lazy_loader as lazy

if TYPE_CHECKING:
    from inspector.sim.utils.prims import (
        add_reference_to_stage as add_reference_to_stage,
    )
    from inspector.sim.utils.prims import (
        add_usd_reference as add_usd_reference,
    )
    from inspector.sim.utils.prims import (
        apply_nested as apply_nested,
    )
    from inspector.sim.utils.prims import (
        bind_physics_material as bind_physics_material,
    )
    from inspector.sim.utils.prims import (
        bind_visual_material as bind_visual_material,
    )
    from inspector.sim.utils.prims import (
        change_prim_property as change_prim_property,
    )
    from inspector.sim.utils.prims import (
        create_prim as create_prim,
    )
    from inspector.sim.utils.prims import (
        define_prim as define_prim,
    )
    from inspector.sim.utils.prims import (
        delete_prim as delete_prim,
    )
    from inspector.sim.utils.prims import (
        export_prim_to_file as export_prim_to_file,
    )
    from inspector.sim.utils.prims import (
        get_usd_references as get_usd_references,
    )
    from inspector.sim.utils.prims import (
        make_uninstanceable as make_uninstanceable,
    )
    from inspector.sim.utils.prims import (
        move_prim as move_prim,
    )
    from inspector.sim.utils.prims import (
        select_usd_variants as select_usd_variants,
    )
    from inspector.sim.utils.prims import (
        set_prim_visibility as set_prim_visibility,
    )
    from inspector.sim.utils.queries import (
        find_first_matching_prim as find_first_matching_prim,
    )
    from inspector.sim.utils.queries import (
        find_global_fixed_joint_prim as find_global_fixed_joint_prim,
    )
    from inspector.sim.utils.queries import (
        find_matching_prim_paths as find_matching_prim_paths,
    )
    from inspector.sim.utils.queries import (
        find_matching_prims as find_matching_prims,
    )
    from inspector.sim.utils.queries import (
        get_all_matching_child_prims as get_all_matching_child_prims,
    )
    from inspector.sim.utils.queries import (
        get_first_matching_ancestor_prim as get_first_matching_ancestor_prim,
    )
    from inspector.sim.utils.queries import (
        get_first_matching_child_prim as get_first_matching_child_prim,
    )
    from inspector.sim.utils.queries import (
        get_next_free_path as get_next_free_path,
    )
    from inspector.sim.utils.queries import (
        get_next_free_prim_path as get_next_free_prim_path,
    )
    from inspector.sim.utils.queries import (
        get_prim_at_path as get_prim_at_path,
    )
    from inspector.sim.utils.queries import (
        get_prim_path as get_prim_path,
    )
    from inspector.sim.utils.queries import (
        get_prim_type_name as get_prim_type_name,
    )
    from inspector.sim.utils.queries import (
        is_prim_path_valid as is_prim_path_valid,
    )
    from inspector.sim.utils.queries import (
        traverse_stage as traverse_stage,
    )
    from inspector.sim.utils.semantics import (
        add_labels as add_labels,
    )
    from inspector.sim.utils.semantics import (
        get_labels as get_labels,
    )
    from inspector.sim.utils.semantics import (
        remove_labels as remove_labels,
    )
    from inspector.sim.utils.stage import (
        attach_stage_to_usd_context as attach_stage_to_usd_context,
    )
    from inspector.sim.utils.stage import (
        clear_stage as clear_stage,
    )
    from inspector.sim.utils.stage import (
        close_stage as close_stage,
    )
    from inspector.sim.utils.stage import (
        create_new_stage as create_new_stage,
    )
    from inspector.sim.utils.stage import (
        create_new_stage_in_memory as create_new_stage_in_memory,
    )
    from inspector.sim.utils.stage import (
        get_context_stage as get_context_stage,
    )
    from inspector.sim.utils.stage import (
        get_current_stage as get_current_stage,
    )
    from inspector.sim.utils.stage import (
        get_current_stage_id as get_current_stage_id,
    )
    from inspector.sim.utils.stage import (
        get_stage_units as get_stage_units,
    )
    from inspector.sim.utils.stage import (
        get_stage_up_axis as get_stage_up_axis,
    )
    from inspector.sim.utils.stage import (
        is_current_stage_in_memory as is_current_stage_in_memory,
    )
    from inspector.sim.utils.stage import (
        is_stage_loading as is_stage_loading,
    )
    from inspector.sim.utils.stage import (
        open_stage as open_stage,
    )
    from inspector.sim.utils.stage import (
        require_attached_stage as require_attached_stage,
    )
    from inspector.sim.utils.stage import (
        resolve_paths as resolve_paths,
    )
    from inspector.sim.utils.stage import (
        save_stage as save_stage,
    )
    from inspector.sim.utils.stage import (
        set_stage_units as set_stage_units,
    )
    from inspector.sim.utils.stage import (
        set_stage_up_axis as set_stage_up_axis,
    )
    from inspector.sim.utils.stage import (
        update_stage as update_stage,
    )
    from inspector.sim.utils.stage import (
        use_stage as use_stage,
    )
    from inspector.sim.utils.transforms import (
        convert_world_pose_to_local as convert_world_pose_to_local,
    )
    from inspector.sim.utils.transforms import (
        resolve_prim_pose as resolve_prim_pose,
    )
    from inspector.sim.utils.transforms import (
        resolve_prim_scale as resolve_prim_scale,
    )
    from inspector.sim.utils.transforms import (
        standardize_xform_ops as standardize_xform_ops,
    )
    from inspector.sim.utils.transforms import (
        validate_standard_xform_ops as validate_standard_xform_ops,
    )

__getattr__, __dir__, __all__ = lazy.attach(
    __name__,
    submodules=["prims", "queries", "semantics", "stage", "transforms"],
    submod_attrs={
        "prims": [
            "add_reference_to_stage",
            "add_usd_reference",
            "apply_nested",
            "bind_physics_material",
            "bind_visual_material",
            "change_prim_property",
            "create_prim",
            "define_prim",
            "delete_prim",
            "export_prim_to_file",
            "get_usd_references",
            "make_uninstanceable",
            "move_prim",
            "select_usd_variants",
            "set_prim_visibility",
        ],
        "queries": [
            "find_first_matching_prim",
            "find_global_fixed_joint_prim",
            "find_matching_prim_paths",
            "find_matching_prims",
            "get_all_matching_child_prims",
            "get_first_matching_ancestor_prim",
            "get_first_matching_child_prim",
            "get_next_free_path",
            "get_next_free_prim_path",
            "get_prim_at_path",
            "get_prim_path",
            "get_prim_type_name",
            "is_prim_path_valid",
            "traverse_stage",
        ],
        "semantics": ["add_labels", "get_labels", "remove_labels"],
        "stage": [
            "attach_stage_to_usd_context",
            "clear_stage",
            "close_stage",
            "create_new_stage",
            "create_new_stage_in_memory",
            "get_context_stage",
            "get_current_stage",
            "get_current_stage_id",
            "get_stage_units",
            "get_stage_up_axis",
            "is_current_stage_in_memory",
            "is_stage_loading",
            "open_stage",
            "require_attached_stage",
            "resolve_paths",
            "save_stage",
            "set_stage_units",
            "set_stage_up_axis",
            "update_stage",
            "use_stage",
        ],
        "transforms": [
            "convert_world_pose_to_local",
            "resolve_prim_pose",
            "resolve_prim_scale",
            "standardize_xform_ops",
            "validate_standard_xform_ops",
        ],
    },
)
