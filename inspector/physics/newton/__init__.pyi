from .backend import (
    NewtonBackend as NewtonBackend,
)
from .replicate import (
    newton_physics_replicate as newton_physics_replicate,
)
