"""`CallSpace` and `CallModel`: callable classes for Ray Data's `map_batches`; one call per row.

dataset.map_batches(
    CallSpace,
    fn_constructor_kwargs={"source": "owner/kitchen", "endpoint": GreetRequest, "actors": 2},
    compute=ray.data.ActorPoolStrategy(size=2),
    batch_format="pyarrow",
)
"""

from __future__ import annotations

from .model import CallModel
from .options import ActorOptions
from .space import CallSpace

__all__ = ["ActorOptions", "CallModel", "CallSpace"]
