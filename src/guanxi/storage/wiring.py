"""The one module that imports by name: adapters named in settings, and the modules of an open-ended package."""

from __future__ import annotations

import importlib
import pkgutil
from types import ModuleType

from guanxi.storage.errors import ConfigurationInvalid


def load(dotted_path: str) -> object:
    """The object at `package.module:name`; `ConfigurationInvalid` when it is not there."""
    module_name, _, name = dotted_path.partition(":")
    try:
        module = importlib.import_module(module_name)  # noqa: TID251 - the one wiring module
        loaded: object = getattr(module, name)
    except (ImportError, AttributeError) as error:
        raise ConfigurationInvalid(f"{dotted_path!r} names nothing that can be loaded: {error}.") from error
    return loaded


def modules_of(package: ModuleType) -> list[ModuleType]:
    """Every module directly inside `package`, imported, in name order."""
    names = sorted(module.name for module in pkgutil.iter_modules(package.__path__))
    return [importlib.import_module(f"{package.__name__}.{name}") for name in names]  # noqa: TID251 - as above


def packages_of(package: str, name: str) -> list[str]:
    """The packages directly inside `package` that have `name`, by their dotted paths, in order."""
    inside = importlib.import_module(package).__path__  # noqa: TID251 - as above
    paths = sorted(f"{package}.{module.name}" for module in pkgutil.iter_modules(inside))
    return [path for path in paths if hasattr(importlib.import_module(path), name)]  # noqa: TID251 - as above
