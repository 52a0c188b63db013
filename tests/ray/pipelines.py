"""Pipelines of Ray Data as users write them, each in a local Ray of its own.

`python -m tests.ray.pipelines NAME '{"argument": ...}'` prints what the pipeline returns as JSON, in a
process and with an interpreter that has Ray.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

# Without it Ray writes a token into the home folder.
os.environ.update(RAY_AUTH_MODE="disabled", RAY_USAGE_STATS_ENABLED="0")

import ray
from hubsmith.ray import CallModel, CallSpace
from ray.data.checkpoint import CheckpointConfig

from tests.ray.requests import SquareRequest

ACTORS = 2


@contextmanager
def local_ray() -> Iterator[Path]:
    """Run Ray on this machine alone; give its folder."""
    # The paths of Ray's sockets may have 107 bytes, so that theirs is not within the tests' folder.
    place = os.environ.get("PYTEST_DEBUG_TEMPROOT")
    with tempfile.TemporaryDirectory(prefix="hubsmith-ray-", dir=place) as folder:
        ray.init(
            num_cpus=4, include_dashboard=False, log_to_driver=False, _temp_dir=folder,
            _node_ip_address="127.0.0.1",  # Nothing listens elsewhere.
            object_store_memory=100_000_000,
        )  # fmt: skip
        ray.data.DataContext.get_current().enable_progress_bars = False
        try:
            yield Path(folder)
        finally:
            ray.shutdown()


def mapped(rows: Any, kind: type[Any], batch_size: int, **options: Any) -> Any:
    """Call for every row. The actors wait for the network: they need next to no processor."""
    return rows.map_batches(
        kind,
        fn_constructor_kwargs={"actors": ACTORS, **options},
        compute=ray.data.ActorPoolStrategy(size=ACTORS),
        batch_format="pyarrow",
        batch_size=batch_size,
        num_cpus=0.1,
    )


def squares(url: str, source: str, target: str, at_once: int, batch_size: int = 64) -> Any:
    """Read rows from Parquet, call for each, write them to Parquet."""
    with local_ray():
        started = time.monotonic()
        rows = mapped(
            # More blocks than actors, or some of these have nothing to do.
            ray.data.read_parquet(source).repartition(4 * ACTORS), CallSpace, batch_size, source=url,
            endpoint=SquareRequest, max_concurrency=at_once,
        )  # fmt: skip
        rows.write_parquet(target)
        return {"seconds": time.monotonic() - started}


def checkpointed(url: str, source: str, target: str, checkpoint: str) -> Any:
    """Do the same, skipping the rows that the checkpoint has."""
    with local_ray():
        context = ray.data.DataContext.get_current()
        context.checkpoint_config = CheckpointConfig(
            id_column="number", checkpoint_path=checkpoint, delete_checkpoint_on_success=False
        )
        rows = ray.data.read_parquet(source)
        rows = mapped(rows, CallSpace, 16, source=url, endpoint=SquareRequest)
        rows.write_parquet(target)
        return {}


def chats(url: str, count: int, secret: str) -> Any:
    """Chat with a server that wants a key, and say where the key turns up in Ray's folder."""
    with local_ray() as folder:
        rows = ray.data.from_items(
            [{"messages": [{"role": "user", "content": f"Is it {n}?"}]} for n in range(count)]
        )
        rows = mapped(
            rows, CallModel, 8, task="chat_completion", base_url=f"{url}/v1", model="tiny",
            token_variable="OUR_KEY",
        )  # fmt: skip
        answers = [json.loads(row["result"]) for row in rows.take_all()]
        files = [path for path in folder.rglob("*") if path.is_file()]
        return {
            "answers": [answer["choices"][0]["message"]["content"] for answer in answers],
            "logs": len(files),
            "leaks": [str(path) for path in files if secret.encode() in path.read_bytes()],
        }


def refused(options: dict[str, Any]) -> Any:
    """Pass what is not taken, and return the error that the user gets."""
    with local_ray():
        started = time.monotonic()
        rows = ray.data.from_items([{"number": 1}])
        try:
            mapped(rows, CallSpace, 8, source="owner/kitchen", **options).take_all()
        except Exception as error:
            return {"error": str(error), "seconds": time.monotonic() - started}
    return {}


PIPELINES = {one.__name__: one for one in (squares, checkpointed, chats, refused)}

if __name__ == "__main__":
    print(json.dumps(PIPELINES[sys.argv[1]](**json.loads(sys.argv[2]))))
