"""The page of the replication: ``python -m reports replication``."""

import os
from collections.abc import Sequence
from pathlib import Path

from reports.figures import board
from reports.markup import templates
from reports.schema.record import Record
from reports.study.replication import replication

PAGE = "replication.md"
REPORT = "report.md"
DOCUMENTS = Path(__file__).parents[2] / "docs"


def _link(target: Path, folder: Path) -> str:
    """Return how a page in a folder names a file, whole where they are on unlike drives."""
    try:
        return Path(os.path.relpath(target, folder)).as_posix()
    except ValueError:
        return target.resolve().as_posix()


def files(records: Sequence[Record], paths: Sequence[Path], folder: Path) -> dict[str, str]:
    """Return the page with its picture by file name; ``paths`` are those of the records."""
    found = replication(records)
    picture = board.picture(found.judged)
    text = (
        templates(autoescape=False)
        .get_template("replication.md.j2")
        .render(
            found=found,
            picture=picture,
            report=_link(paths[0].parent / REPORT, folder),
            documents=_link(DOCUMENTS, folder),
            made_by=f"python -m reports replication {' '.join(map(str, paths))} -o {folder}",
        )
    )
    return {PAGE: text, f"{picture.name}.svg": picture.svg}
