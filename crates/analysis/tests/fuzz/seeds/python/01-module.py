#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright (c) 2024 A. Person
"""Does one thing.

More of it.
"""
from __future__ import annotations

import os, sys as system
import os.path
import package.inner.deep as deep
from . import sibling
from ..above.more import (one, two as second, *)
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .types import Thing

try:
    import fast_json as json
except ImportError:
    import json
else:
    json.fast = True

__all__ = ["Thing", "make"] + ["other"]
__all__ += ("more",)
CONSTANT: int = 0x10_000

class Base(os.PathLike, metaclass=abc.ABCMeta):
    """A base."""

    kind = "base"

    @property
    def name(self) -> "package.inner.Name":
        return os.path.join(self.kind, f"{self.name!r:>{CONSTANT}}")

    async def run(self, *args: int, key=None, **rest) -> None:
        async with self.lock as lock, other():
            await lock
        for item in [x async for x in self if x]:
            yield item

    class Inner:
        def _hidden(self): ...

def make(a, b=lambda: 0, /, c=1, *, d: "sibling.X" = 2):
    global CONSTANT
    while a and b or not c:
        if (n := len(a)) > 10:
            break
        elif n:
            continue
        else:
            raise ValueError from None
    return a if b else {**c, "k": [*d]}

def __getattr__(name):
    import importlib
    return importlib.import_module(f".{name}", __package__)
