from .xform_prim_view import (
    XformPrimView as XformPrimView,
)
