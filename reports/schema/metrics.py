"""Every metric once: its name, label, unit, direction and kind."""

from dataclasses import dataclass
from functools import partial
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """How a number is called, shown and judged."""

    name: str
    label: str
    unit: str
    """Empty for a ratio."""
    better: Literal["lower", "higher"]
    kind: Literal["quality", "time", "size"]
    format: str
    """For `str.format`."""
    classes: Literal["any", "two", "more"] | None = None
    """For which numbers of classes it can be recorded after each epoch, besides the loss: any, two,
    more than two; None: it is no such metric."""

    @property
    def is_share(self) -> bool:
        """Whether it lies between 0 and 1."""
        return self.kind == "quality" and self.better == "higher"


share = partial(Metric, unit="", better="higher", kind="quality", format="{:.4f}")
"""Make a quality between 0 and 1, of which more is better."""

METRICS = (
    Metric(name="loss", label="loss", unit="", better="lower", kind="quality", format="{:.4f}"),
    share(name="accuracy", label="accuracy", classes="any"),
    share(name="precision", label="precision", classes="two"),
    share(name="recall", label="recall", classes="two"),
    share(name="auc_pr", label="AUC PR", classes="two"),
    share(name="auc_roc", label="AUC ROC", classes="two"),
    share(name="f1", label="F1", classes="any"),
    Metric(
        name="build_seconds", label="build", unit="s", better="lower", kind="time", format="{:.3f}"
    ),
    Metric(
        name="first_epoch_seconds",
        label="first epoch",
        unit="s",
        better="lower",
        kind="time",
        format="{:.3f}",
    ),
    Metric(
        name="epoch_seconds",
        label="epoch",
        unit="s",
        better="lower",
        kind="time",
        format="{:.3f}",
    ),
    Metric(
        name="training_seconds",
        label="training",
        unit="s",
        better="lower",
        kind="time",
        format="{:.1f}",
    ),
    Metric(
        name="evaluation_seconds",
        label="evaluation",
        unit="s",
        better="lower",
        kind="time",
        format="{:.3f}",
    ),
    Metric(
        name="latency_milliseconds",
        label="latency, batch of 1",
        unit="ms",
        better="lower",
        kind="time",
        format="{:.2f}",
    ),
    Metric(
        name="throughput",
        label="throughput",
        unit="samples/s",
        better="higher",
        kind="time",
        format="{:,.0f}",
    ),
    Metric(
        name="peak_memory_megabytes",
        label="peak memory",
        unit="MB",
        better="lower",
        kind="size",
        format="{:,.0f}",
    ),
    Metric(
        name="parameters", label="parameters", unit="", better="lower", kind="size", format="{:,}"
    ),
)

BY_NAME = {metric.name: metric for metric in METRICS}


def recordable(classes: int) -> tuple[str, ...]:
    """Return the metrics that can be recorded for so many classes, in the order of the table."""
    fitting = ("any", "two" if classes == 2 else "more")
    return tuple(metric.name for metric in METRICS if metric.classes in fitting)


RECORDABLE = tuple(dict.fromkeys((*recordable(2), *recordable(3))))
"""Those that can be recorded for some number of classes."""
