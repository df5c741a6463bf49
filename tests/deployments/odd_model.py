"""A model that does what its input says, written as MLflow writes a model, so that it starts fast."""

from __future__ import annotations

import platform
from pathlib import Path

REQUIREMENTS = "mlflow\n"
_MLMODEL = """
flavors:
  python_function:
    loader_module: odd_{name}
    code: code
    python_version: {python}
signature:
  inputs: '[{{"type": "string", "name": "do", "required": true}},
    {{"type": "double", "name": "x", "required": false}}]'
  outputs: '[{{"type": "tensor", "tensor-spec": {{"dtype": "float64", "shape": [-1]}}}}]'
saved_input_example_info: {{artifact_path: input_example.json, type: dataframe, pandas_orient: split}}
"""
_CODE = """
import os, socket, threading, time

{at_load}

def _answer(do, x):
    what, _, more = do.partition(" ")
    if what == "double":
        return 2 * x
    if what == "raise":
        raise RuntimeError("the model has broken")
    if what == "exit":
        os._exit(7)
    if what == "hang":
        threading.Event().wait()
    if what == "eat":
        kept = []
        while True:
            kept.append(bytearray(b"x") * (8 << 20))
    if what == "fork":
        for _ in range(5000):
            if os.fork() == 0:
                threading.Event().wait()
    if what == "read":
        with open(more, "rb") as file:
            return float(len(file.read()))
    if what == "write":
        with open(more, "w") as file:
            file.write("was here")
        return 1.0
    if what == "connect":
        host, _, port = more.partition(":")
        socket.create_connection((host, int(port)), 2).close()
        return 1.0
    if what == "nan":
        return float("nan")
    return {constant}


class Odd:
    def predict(self, rows, params=None):
        given = rows["x"] if "x" in rows else [None] * len(rows)
        return [_answer(do, x) for do, x in zip(rows["do"], given)]


def _load_pyfunc(path):
    return Odd()
"""
_EXAMPLE = '{"columns": ["do", "x"], "data": [["double", 2.0], ["double", 3.0]]}'


def write(
    folder: Path,
    *,
    name: str = "model",
    constant: float = 0.0,
    at_load: str = "",
    requirements: str = REQUIREMENTS,
    python: str = platform.python_version(),
    example: str = _EXAMPLE,
) -> Path:
    """The files of such a model; `constant` tells versions apart, `at_load` is run when it loads."""
    (folder / "code").mkdir(parents=True)
    (folder / "MLmodel").write_text(_MLMODEL.format(name=name, python=python))
    code = _CODE.replace("{at_load}", at_load).replace("{constant}", repr(constant))
    (folder / "code" / f"odd_{name}.py").write_text(code)
    (folder / "requirements.txt").write_text(requirements)
    (folder / "input_example.json").write_text(example)
    return folder


def rows(*do: str, x: float | None = 1.0) -> dict[str, object]:
    """The body of a request that has these done, a row each."""
    return {"dataframe_split": {"columns": ["do", "x"], "data": [[one, x] for one in do]}}
