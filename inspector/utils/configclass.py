"""``@configclass``: dataclasses for settings, with the behaviour that Isaac Lab users know.

Belongs here: turning a class body into fields, copying, and the conversion to and from plain
dictionaries. Does not belong here: any particular configuration. Standard library only.

What differs from ``dataclasses.dataclass``:

* attributes without annotation become fields too (functions that take ``self`` stay methods);
* mutable defaults are allowed, and every instance owns deep copies of its values;
* a field that must be given is written ``= MISSING``; ``validate`` lists all that are still missing.
"""

from __future__ import annotations

import copy
import dataclasses
import importlib
import inspect
import types
from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar, Self, TypeVar, cast, dataclass_transform, overload

MISSING: Any = dataclasses.MISSING
"""``dataclasses.MISSING``, typed so that it may stand as the default of any field."""

_T = TypeVar("_T")
_METHODS = ("to_dict", "from_dict", "replace", "copy", "validate")


class Config:
    """The methods of every configclass; inherit from it to let type checkers see them."""

    def to_dict(self) -> dict[str, Any]:
        """Return a nested dictionary; functions and classes become ``"module:name"``."""
        return {key: _to_plain(value) for key, value in _members(self)}

    def from_dict(self, data: Mapping[str, Any]) -> None:
        """Update the fields in place; nothing is changed when anything in ``data`` is wrong.

        Args:
            data: Nested mapping with any part of the fields.

        Raises:
            TypeError: ``data`` is not a mapping.
            KeyError: A key is not a field; the message gives its whole path.
            ValueError: A value does not fit the type of the present one.
        """
        assignments = list(_plan_update(self, data, ""))
        for owner, key, value in assignments:
            object.__setattr__(owner, key, value)

    def replace(self, **changes: Any) -> Self:
        """Return a new object with some fields changed; ``__post_init__`` runs again.

        Args:
            **changes: New values by field name.

        Raises:
            TypeError: A name is not a field.
        """
        return cast("Self", dataclasses.replace(cast("Any", self), **changes))

    def copy(self) -> Self:
        """Return a deep copy; values set after construction are kept as they are."""
        return _deep_copy(self)

    def validate(self, prefix: str = "") -> list[str]:
        """Check that nothing is ``MISSING`` here or below.

        Args:
            prefix: Path of this object inside a larger one; with a prefix nothing is raised.

        Returns:
            Paths of the missing values, such as ``"robot.spawn.usd_path"``.

        Raises:
            TypeError: Something is missing (only without prefix); the message lists every path.
        """
        missing = list(_missing_paths(self, prefix))
        if missing and not prefix:
            listing = "\n".join(f"  - {path}" for path in missing)
            raise TypeError(
                f"{type(self).__name__} has missing values; give a value for each of:\n{listing}"
            )
        return missing


@overload
def configclass(cls: type[_T], /) -> type[_T]: ...
@overload
def configclass(cls: None = None, /, **kwargs: Any) -> Callable[[type[_T]], type[_T]]: ...
@dataclass_transform(field_specifiers=(dataclasses.field,))
def configclass(cls: type[_T] | None = None, /, **kwargs: Any) -> Any:
    """Make a configuration class; use it as ``@configclass`` or ``@configclass(frozen=True)``.

    Args:
        cls: The class to turn into a dataclass.
        **kwargs: Passed on to ``dataclasses.dataclass``.

    Returns:
        The class, or a decorator when called with keywords only.
    """
    if cls is None:
        return lambda decorated: _make(decorated, kwargs)
    return _make(cls, kwargs)


def _make(cls: type[_T], kwargs: dict[str, Any]) -> type[_T]:
    own = _own_fields(cls)
    for name, (_, default) in own.items():
        if default is not _CLASS_VARIABLE:
            setattr(cls, name, default)
    cls.__annotations__ = {name: annotation for name, (annotation, _) in own.items()}
    _own_values_after_init(cls)
    if not issubclass(cls, Config):
        for method in _METHODS:
            if not hasattr(cls, method):
                setattr(cls, method, Config.__dict__[method])
    return dataclasses.dataclass(**kwargs)(cls)


_CLASS_VARIABLE = object()


def _own_fields(cls: type) -> dict[str, tuple[Any, Any]]:
    """Fields that the class body (or a plain base) declares: name → annotation, default."""
    inherited: dict[str, dataclasses.Field[Any]] = getattr(cls, "__dataclass_fields__", {})
    result: dict[str, tuple[Any, Any]] = {}
    for base in _plain_bases(cls):
        annotations = inspect.get_annotations(base)
        for name, annotation in annotations.items():
            result[name] = (annotation, _default(base, name, annotation, inherited.get(name)))
        for name, value in list(vars(base).items()):
            if name in annotations or not _is_field_value(name, value, known=name in inherited):
                continue
            annotation = inherited[name].type if name in inherited else type(value)
            result[name] = (annotation, _wrap(value))
    return result


def _plain_bases(cls: type) -> list[type]:
    """The class and those of its bases whose attributes no dataclass has collected yet."""
    return [
        base
        for base in reversed(cls.__mro__)
        if base is cls
        or (
            base not in {object, Config}
            and base.__module__ not in {"builtins", "typing", "abc"}
            and "__dataclass_fields__" not in vars(base)
        )
    ]


def _default(
    base: type, name: str, annotation: Any, inherited: dataclasses.Field[Any] | None
) -> Any:
    text = annotation if isinstance(annotation, str) else ""
    if (
        getattr(annotation, "__origin__", annotation) is ClassVar
        or "ClassVar" in text.split("[")[0]
    ):
        return _CLASS_VARIABLE
    if name in vars(base):
        return _wrap(vars(base)[name])
    if inherited is not None:  # annotated again without a value: the inherited default holds
        return _refield(inherited)
    return _wrap(MISSING)


def _refield(inherited: dataclasses.Field[Any]) -> Any:
    if inherited.default_factory is not dataclasses.MISSING:
        return dataclasses.field(default_factory=inherited.default_factory)
    return _wrap(inherited.default)


def _wrap(value: Any) -> Any:
    """Hide a default behind a factory, so that mutable values and MISSING are both allowed."""
    if isinstance(value, dataclasses.Field):
        return cast("Any", value)
    return dataclasses.field(default_factory=lambda: value)


def _is_field_value(name: str, value: Any, *, known: bool) -> bool:
    if name.startswith("__") or name in _METHODS:
        return False
    if isinstance(value, (property, staticmethod, classmethod, types.MemberDescriptorType)):
        return False
    if hasattr(type(value), "__get__") and not isinstance(value, types.FunctionType):
        return False  # cached_property and other descriptors
    if isinstance(value, types.FunctionType) and not known:
        first = next(iter(inspect.signature(value).parameters), "")
        return first != "self"
    return not (isinstance(value, type) and value.__name__ == name)  # a class defined in the body


def _own_values_after_init(cls: type) -> None:
    user_hook: Callable[..., None] | None = vars(cls).get("__post_init__")
    if user_hook is None and hasattr(cls, "__post_init__"):
        return  # a base already does it, for all fields

    def __post_init__(self: Any, *args: Any) -> None:  # noqa: N807 the name dataclasses looks for
        for item in dataclasses.fields(self):
            if item.name in vars(self):
                object.__setattr__(self, item.name, _deep_copy(vars(self)[item.name]))
        if user_hook is not None:
            user_hook(self, *args)

    cls.__post_init__ = __post_init__  # pyright: ignore[reportAttributeAccessIssue] added on purpose


def _deep_copy(value: _T) -> _T:
    # The memo keeps MISSING itself: a deep copy of the sentinel would no longer be it.
    return copy.deepcopy(value, {id(dataclasses.MISSING): dataclasses.MISSING})


def _is_config(value: Any) -> bool:
    return dataclasses.is_dataclass(value) and not isinstance(value, type)


def _members(value: Any) -> list[tuple[str, Any]]:
    return [(key, item) for key, item in vars(value).items() if not key.startswith("__")]


def _to_plain(value: Any) -> Any:
    if _is_config(value):
        return {key: _to_plain(item) for key, item in _members(value)}
    if isinstance(value, Mapping):
        return {key: _to_plain(item) for key, item in cast("Mapping[Any, Any]", value).items()}
    if type(value) in {list, tuple, set}:
        return type(value)(_to_plain(item) for item in value)
    if isinstance(value, (type, types.FunctionType, types.BuiltinFunctionType)):
        return _callable_name(value)
    return value


def _callable_name(value: Any) -> str:
    return f"{value.__module__}:{value.__qualname__}"


def _missing_paths(value: Any, prefix: str) -> Iterator[str]:
    if isinstance(value, type(dataclasses.MISSING)):
        yield prefix
    elif _is_config(value):
        for key, item in _members(value):
            yield from _missing_paths(item, f"{prefix}.{key}" if prefix else key)
    elif isinstance(value, Mapping):
        for key, item in cast("Mapping[Any, Any]", value).items():
            yield from _missing_paths(item, f"{prefix}.{key}" if prefix else str(key))
    elif isinstance(value, (list, tuple)):
        for index, item in enumerate(cast("list[Any]", value)):
            yield from _missing_paths(item, f"{prefix}[{index}]")


def _plan_update(target: Any, data: Any, prefix: str) -> Iterator[tuple[Any, str, Any]]:
    """Yield the assignments that bring ``data`` into ``target``, after checking each.

    Raises:
        TypeError: ``data`` is not a mapping.
        KeyError: Unknown key.
    """
    if not isinstance(data, Mapping):
        raise TypeError(
            f"from_dict needs a mapping at '{prefix or '.'}', got {type(data).__name__}."
        )
    present = dict(_members(target))
    for key, value in cast("Mapping[str, Any]", data).items():
        path = f"{prefix}.{key}" if prefix else str(key)
        if key not in present:
            raise KeyError(f"'{path}' is not a field; fields here: {', '.join(present)}.")
        current = present[key]
        if _is_config(current) and isinstance(value, Mapping):
            yield from _plan_update(current, cast("Mapping[str, Any]", value), path)
        else:
            yield target, key, _convert(current, value, path)


def _convert(current: Any, value: Any, path: str) -> Any:
    """Fit ``value`` to the type of ``current``.

    Raises:
        ValueError: It does not fit.
    """
    if current is None or value is None or current is dataclasses.MISSING:
        return value
    if isinstance(value, type(current)):
        return value
    if isinstance(current, bool):
        raise ValueError(f"'{path}' is a bool, got {value!r}.")  # noqa: TRY004 as in Isaac Lab
    if isinstance(current, float) and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if isinstance(current, (list, tuple)) and isinstance(value, (list, tuple)):
        return type(current)(cast("list[Any]", value))
    if callable(current) and (callable(value) or isinstance(value, str)):
        return _resolve_callable(current, value, path)
    raise ValueError(
        f"'{path}' is a {type(current).__name__}, got {type(value).__name__} {value!r}."
    )


def _resolve_callable(current: Any, value: Any, path: str) -> Any:
    """Turn ``"module:name"`` into the object it names.

    Raises:
        ValueError: There is no such object.
    """
    if not isinstance(value, str) or value == _callable_name(current):
        return current if isinstance(value, str) else value
    module_name, _, name = value.partition(":")
    try:
        found: Any = importlib.import_module(module_name)
        for part in name.split("."):
            found = getattr(found, part)
    except (ImportError, AttributeError, ValueError) as error:
        raise ValueError(f"'{path}' names '{value}', which cannot be imported.") from error
    return found
