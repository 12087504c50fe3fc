"""``pytest --bench-model file.py:build`` in another project: one test for each network."""

from collections.abc import Iterator
from statistics import median
from typing import Any

import pytest

import keras_bench


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the options."""
    group = parser.getgroup("keras-bench", "benchmarks of Keras models")
    group.addoption(
        "--bench-model",
        action="append",
        default=[],
        metavar="MODEL",
        help="benchmark file.py:build, package.module:build or a .keras file; may be repeated",
    )
    group.addoption("--bench-data", metavar="DATA", help="file.py:load, .npz or a folder")
    group.addoption("--bench-backends", metavar="A,B", help="default: those installed")
    group.addoption("--bench-epochs", type=int, metavar="N")


def pytest_collection_modifyitems(
    session: pytest.Session, config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Add a test for each model."""
    for model in config.getoption("bench_model"):
        items.append(ModelItem.from_parent(session, name=f"keras-bench[{model}]", model=model))


class ModelItem(pytest.Item):
    """The benchmark of one model on all backends."""

    def __init__(self, *, model: str, **arguments: Any) -> None:
        super().__init__(**arguments)
        self._model = model
        self.add_marker("keras_bench")

    def runtest(self) -> None:
        """Run it in processes of its own."""
        option = self.config.getoption
        epochs = option("bench_epochs")
        self.user_properties += _shown(
            keras_bench.benchmark(
                self._model,
                data=option("bench_data"),
                backends=tuple(filter(None, (option("bench_backends") or "").split(","))),
                options=("--epochs", str(epochs)) if epochs else (),
            )
        )

    def repr_failure(self, excinfo: Any, style: Any = None) -> Any:
        """Return why there is no result, without this plug-in's own lines."""
        if isinstance(excinfo.value, keras_bench.BenchmarkFailedError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Any, int | None, str]:
        """Return what the report calls it."""
        return self.path, None, self.name


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marker, for ``-m 'not keras_bench'``."""
    config.addinivalue_line("markers", "keras_bench: a benchmark of --bench-model")


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print a line for each record."""
    lines = [
        value
        for report in terminalreporter.stats.get("passed", ())
        for name, value in report.user_properties
        if name == "keras_bench"
    ]
    if lines:
        terminalreporter.section("keras-bench")
        for line in lines:
            terminalreporter.write_line(line)
        terminalreporter.write_line(
            f"records: {keras_bench.RESULTS}; keras-bench render makes a report"
        )


def _shown(records: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    for record in records:
        durations = record["durations"]
        scores = ", ".join(
            f"{name} {value:.4f}"
            for name, value in record.get("test", {}).items()
            if value is not None
        )
        epochs = durations.get("epoch_seconds")  # the first, which compiles, is none of them
        parts = [scores, f"epoch {median(epochs):.3f} s" if epochs else ""]
        parts.append(f"one prediction {median(durations['latency_seconds']) * 1000:.2f} ms")
        yield "keras_bench", f"{record['id']}: {'; '.join(filter(None, parts))}"
