"""Where and with what an experiment ran: the facts that decide speed."""

from dataclasses import dataclass

from reports.schema.ranges import Count, Load, Rate, Some, Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Peaks:
    """What the machine can do, measured on the experiment's cores before the first experiment."""

    flops_per_second: Rate
    """Of a float32 matrix product, 2,048 × 2,048: two operations a term."""
    bytes_per_second: Rate
    """Read and written, copying 256 MiB."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """Of one experiment's process."""

    python: Text
    platform: Text
    cpu: Text
    cores: Some
    """Logical cores that the process may use (affinity)."""
    usable_cores: Some | None = None
    """Of the machine, by the suite; null where that is the same."""
    memory_bytes: Count
    device: Text
    """What the backend computes on: ``cpu``, or the name of an accelerator."""
    packages: dict[Text, Text]
    """Versions of what computes: keras, the backend, numpy."""
    dtype_policy: Text | None
    """Null where Keras does not compute, as the following two."""
    jit_compile: bool | None
    """As resolved by Keras from ``auto``."""
    steps_per_execution: Count | None
    rewrites: tuple[Text, ...] = ()
    """Layers that were computed another way than Keras does, as ``pool: max_pooling1d``."""
    program: Text | None = None
    """How an epoch was executed (`bench.execution.Execution.program`); null where none was, and for
    a record that did not tell."""
    threads: Count
    """Threads of the process at its end, of whatever library."""
    variables: dict[str, str]
    """Environment variables that backends and their thread pools read."""
    affinity: tuple[Count, ...] | None = None
    """Numbers of these cores, where the system can bind a process to some."""
    load_average: Load | None
    """Runnable processes over the last minute, at the start; a run's own last experiment counts."""
    other_load: Load | None = None
    """Mean number of these cores that others took during training: other processes, and other
    machines of the same host (steal)."""
    jobs: Some = 1
    """Experiments that ran side by side on this machine, each on cores of its own."""
    elsewhere: tuple[Text, ...] = ()
    """Where earlier epochs were trained before a checkpoint went on here: other machines, or this
    one with other cores or variables."""
    peaks: Peaks | None = None
    """Null where they were not measured."""
    commit: Text | None
    """Git commit of this suite."""
    dirty: bool | None
    """Whether the checkout had uncommitted changes."""

    @property
    def machine(self) -> str:
        """What it ran on, for people and for telling machines apart."""
        device = "" if self.device == "cpu" else f", {self.device}"
        return f"{self.cpu}, {self.usable_cores or self.cores} cores{device}"
