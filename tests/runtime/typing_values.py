"""What type checkers know of tables, arrays and skipped outputs; it is checked, not run."""

from __future__ import annotations

import numpy
import pandas
from clients.app import App, DataframeData, FrameRequest
from hubsmith import SKIPPED, File, Skipped
from numpy.typing import NDArray


def use(app: App, frame: pandas.DataFrame, array: NDArray[numpy.float64]) -> None:
    for table in (frame, array, DataframeData(headers=[], data=[])):
        text: str = app.frame(table)
        if text is SKIPPED:
            return
    app.frame({"headers": ["a"], "data": [[1]]})
    FrameRequest(table=frame)
    FrameRequest(table=array)


def narrow(output: str | Skipped | None) -> str:
    return "" if output is SKIPPED or output is None else output


async def read(file: File) -> None:
    print(file.image().size, (await file.aimage()).size)
    print(file.dataframe().columns, (await file.adataframe(sep=";")).columns)
