"""A model from a ``.keras`` file: what it carries of where it was saved, and what it does not."""

import contextlib
import json
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras

from bench.outcome import reason_of
from bench.own.place import Place
from bench.worker.own.code import OwnError

USUAL_POLICY = "float32"


@contextlib.contextmanager
def without_jit_setting() -> Iterator[None]:
    """Let each backend decide whether it compiles with XLA, for models that are read meanwhile.

    Keras writes down what ``jit_compile="auto"`` came to on the backend that saved the model, and
    no file tells that from what somebody chose. `keras.Model.compile` itself takes what it is
    given, and so do the executions that set it.
    """
    before = keras.Model.compile_from_config

    def compile_from_config(model: keras.Model, config: dict[str, Any]) -> None:
        before(model, {name: value for name, value in config.items() if name != "jit_compile"})

    keras.Model.compile_from_config = compile_from_config
    try:
        yield
    finally:
        keras.Model.compile_from_config = before


def load(place: Place, objects: dict[str, Any], *, named: bool) -> keras.Model:
    """Return a saved model, in the dtype policy that is asked for. Raises `OwnError`.

    ``named`` is whether the user has named a module of its own classes.
    """
    if not zipfile.is_zipfile(place.path):
        raise OwnError(f"{place.shown} is no .keras file")
    try:
        with _in_policy(Path(place.path)) as file:
            return keras.saving.load_model(file, custom_objects=objects, safe_mode=True)
    except Exception as error:
        hint = "" if named else "; --custom-objects module.py names its own classes"
        raise OwnError(f"{place.shown} cannot be loaded: {reason_of(error)[:400]}{hint}") from None


@contextlib.contextmanager
def _in_policy(path: Path) -> Iterator[Path]:
    """Yield a file whose layers have the dtype policy that is asked for, where they had the usual.

    A saved model has its policies written down, and would compute in them whatever is asked for.
    """
    wanted = keras.config.dtype_policy().name
    if wanted == USUAL_POLICY:
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="keras-bench-") as folder:
        copy = Path(folder, path.name)
        with zipfile.ZipFile(path) as before, zipfile.ZipFile(copy, "w") as after:
            for item in before.infolist():
                content = before.read(item)
                if item.filename == "config.json":
                    content = json.dumps(_with_policy(json.loads(content), wanted)).encode()
                after.writestr(item, content)
        yield copy


def _with_policy(config: Any, wanted: str) -> Any:
    if isinstance(config, list):
        return [_with_policy(each, wanted) for each in config]
    if not isinstance(config, dict):
        return config
    if config.get("class_name") == "DTypePolicy" and config["config"]["name"] == USUAL_POLICY:
        return {**config, "config": {**config["config"], "name": wanted}}
    return {name: _with_policy(value, wanted) for name, value in config.items()}
