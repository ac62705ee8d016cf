from .clone_cfg import (
    CloneCfg as CloneCfg,
)
from .collision_filter import (
    filter_collisions as filter_collisions,
)
from .difference import (
    replicate_difference as replicate_difference,
)
from .dry_run import (
    dry_run_difference as dry_run_difference,
    dry_run_replicate as dry_run_replicate,
)
from .estimate import (
    DryRun as DryRun,
)
from .fabric_replicate import (
    fabric_replicate as fabric_replicate,
    forget_fabric_clones as forget_fabric_clones,
)
from .layout import (
    grid_transforms as grid_transforms,
)
from .plan import (
    ClonePlan as ClonePlan,
    make_clone_plan as make_clone_plan,
)
from .strategies import (
    random as random,
    sequential as sequential,
)
from .usd_replicate import (
    usd_replicate as usd_replicate,
)
