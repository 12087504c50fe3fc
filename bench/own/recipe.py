"""How an own network is trained: a table in a TOML file, for what the model itself does not say."""

import difflib
import json
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.own.place import PlaceError

TABLE = "tool", "keras-bench", "recipe"
"""In ``pyproject.toml``; in another file the keys stand at the top."""
COMPILING: dict[str, tuple[type, ...]] = {
    "loss": (str, dict),
    "optimizer": (str, dict),
    "metrics": (list, dict),
}
"""Keys for `keras.Model.compile`, and what they may be."""
WORDS = {"str": "a text", "dict": "a table", "list": "a list"}
NUMBERS = ("batch_size", "epochs")


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """What the table says; empty or None: nothing."""

    compiling: str = ""
    """JSON of the keys of `COMPILING`."""
    batch_size: int | None = None
    epochs: int | None = None


def read(path: Path | None, folder: Path = Path()) -> Recipe:
    """Return the recipe of a file; for None, that of a folder's ``pyproject.toml``, if it has one.

    Raises `PlaceError`.
    """
    file = path or folder / "pyproject.toml"
    if path is None and not file.is_file():
        return Recipe()
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise PlaceError(f"--recipe {file}: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        if path is None:
            return Recipe()  # of another project, and not about this
        raise PlaceError(f"--recipe {file}: {error}") from None
    if file.name == "pyproject.toml":
        for name in TABLE:
            content = content.get(name, {})
            if not isinstance(content, dict):
                raise PlaceError(f"{file}: {name} must be a table, got {content!r}")
    return _checked(content, file)


def _checked(content: dict[str, Any], file: Path) -> Recipe:
    known = [*COMPILING, *NUMBERS]
    for key, value in content.items():
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}"
            raise PlaceError(f"{file}: unknown key {key!r}; {hint}")
        if key in COMPILING and not isinstance(value, COMPILING[key]):
            kinds = " or ".join(WORDS[kind.__name__] for kind in COMPILING[key])
            raise PlaceError(f"{file}: {key} must be {kinds}, got {value!r}")
        if key in NUMBERS and (type(value) is not int or value < 1):
            raise PlaceError(f"{file}: {key} must be a whole number of 1 or more, got {value!r}")
    if isinstance(optimizer := content.get("optimizer"), dict) and "name" not in optimizer:
        raise PlaceError(f'{file}: optimizer needs a name, as {{name = "adam", …}}')
    compiling = {key: content[key] for key in COMPILING if key in content}
    return Recipe(
        compiling=json.dumps(compiling, sort_keys=True) if compiling else "",
        batch_size=content.get("batch_size"),
        epochs=content.get("epochs"),
    )
