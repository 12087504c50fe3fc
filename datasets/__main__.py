"""``python -m datasets list | prepare [NAME ...] | verify [NAME ...]``."""

import argparse
import io
import os
import sys

from datasets import fetch, load
from datasets.registry import DATASETS, find
from datasets.spec import DATA_DIR, DataError, Dataset


def main(arguments: list[str] | None = None) -> int:
    """Run one command; return the exit status: 0, 1 if a data set failed, 2 for bad usage."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # escapes for what its encoding lacks
            stream.reconfigure(errors="backslashreplace")
    parser = argparse.ArgumentParser(prog="python -m datasets", description=__doc__)
    parser.add_argument("command", choices=tuple(COMMANDS))
    parser.add_argument("names", nargs="*", metavar="NAME", help="data sets (default: all)")
    parser.add_argument("--data-dir", help=f"looked in first (default: ${DATA_DIR})")
    options = parser.parse_intermixed_args(arguments)
    if options.data_dir:
        os.environ[DATA_DIR] = options.data_dir
    try:
        chosen = [find(name) for name in options.names] or list(DATASETS)
    except ValueError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    failed = False
    for dataset in chosen:
        try:
            print(f"{dataset.name}: {COMMANDS[options.command](dataset)}")
        except DataError as error:
            failed = True
            print(f"error: {error}", file=sys.stderr)
    return int(failed)


def describe(dataset: Dataset) -> str:
    """Return one line: what the data set is and whether its files are here."""
    try:
        folders = sorted({str(path.parent) for path in fetch.locate(dataset).values()})
        where = f"in {' and '.join(folders)}"
    except DataError:
        where = f"missing ({sum(s.size_bytes for s in dataset.sources) / 1e6:.0f} MB to download)"
    train, test = dataset.sizes
    return f"{dataset.title}, {train:,} + {test:,} samples, {dataset.licence}; {where}"


def prepare(dataset: Dataset) -> str:
    """Download what is missing and parse it into the cache."""
    fetch.download(dataset)
    prepared = load.prepare(dataset, synthetic=False, train=None, test=None)
    return f"ready, {prepared.checksum}"


def verify(dataset: Dataset) -> str:
    """Compare the files with their published checksums and parse them anew."""
    files = fetch.locate(dataset)
    split = load.read(dataset, files)
    sizes = f"{len(split.y_train):,} + {len(split.y_test):,} samples"
    if (len(split.y_train), len(split.y_test)) != dataset.sizes:
        raise DataError(
            f"{dataset.name}: got {sizes}, expected {dataset.sizes[0]:,} + {dataset.sizes[1]:,}"
        )
    origin, remark = fetch.origin(dataset, files)
    if remark:
        return f"{sizes}, structure right; {remark}"
    if origin == "structure":
        return f"{sizes}, structure right; no checksum is published"
    return f"{sizes}, as published"


COMMANDS = {"list": describe, "prepare": prepare, "verify": verify}

if __name__ == "__main__":
    sys.exit(main())
