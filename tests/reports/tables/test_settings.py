"""Which settings are fastest, how far from the limit, and equal on which backend."""

from itertools import pairwise
from typing import Any

import pytest
from matplotlib.figure import Figure

from reports.charts import looks
from reports.figures import roofline as figure
from reports.figures.picture import Picture, label_sparsely, style
from reports.schema.environment import Peaks
from reports.schema.record import Check, Compared, Layer, Trained
from reports.tables import equivalence, roofline
from reports.tables.settings import settings
from tests.builders import build_compared, build_record, replace


def run(seed: int, *, epoch_seconds: float, **changes: Any) -> Trained:
    """Return a run with steady epochs of this length."""
    record = build_record(seed=seed, **changes)
    durations = replace(record.durations, epoch_seconds=(epoch_seconds, epoch_seconds * 1.01))
    return replace(record, durations=durations)


def runs(epoch_seconds: float, count: int = 3, **changes: Any) -> list[Trained]:
    """Return several of nearly one length."""
    return [run(s, epoch_seconds=epoch_seconds * (1 + s / 100), **changes) for s in range(count)]


def test_the_fastest_is_told_where_intervals_part() -> None:
    table = settings([*runs(1.0), *runs(0.4, execution="tuned"), *runs(2.0, backend="tensorflow")])
    plain, tuned, other = table.frame.to_dict("records")
    assert (plain["settings"], tuned["settings"]) == ("default", "tuned")
    assert other["backend"] == "tensorflow"
    assert [row["fastest"] == "yes" for row in (plain, tuned, other)] == [False, True, False]
    assert tuned["epoch, × default ↓"].startswith("0.40 (")
    # Two steps of 256 and 144; typical of medians of 1.005, 1.015 and 1.025 times a second.
    assert plain["step [ms] ↓"] == f"{1005 / 2 * (1 * 1.01 * 1.02) ** (1 / 3):.3f}"


@pytest.mark.parametrize("count", [1, 2])
def test_no_winner_from_fewer_than_three_runs(count: int) -> None:
    assert (
        "fastest" not in settings([*runs(1.0, count), *runs(0.1, count, execution="tuned")]).frame
    )


def test_no_winner_where_intervals_overlap() -> None:
    one = [run(s, epoch_seconds=t) for s, t in enumerate((0.8, 1.0, 1.2))]
    two = [run(s, epoch_seconds=t, execution="tuned") for s, t in enumerate((0.9, 1.1, 0.7))]
    assert "fastest" not in settings([*one, *two]).frame


def limited(**changes: Any) -> Trained:
    """Return a run of a Dense network on a machine of known limits."""
    record = build_record(**changes)
    peaks = Peaks(flops_per_second=1e9, bytes_per_second=1e9)
    return replace(
        record,
        environment=replace(record.environment, peaks=peaks),
        network=replace(record.network, input_shape=(None, 50)),
    )


def picture(records: list[Trained]) -> Picture | None:
    return figure.picture(records, looks(records))


def test_the_share_of_the_limit() -> None:
    record = limited()
    (point,) = roofline.points([record])
    # Two dense layers: 2 · 256 · (50 · 150 + 150) forward, twice and three times that in all.
    assert point.flops == 2 * 256 * (2 * 7500 + 3 * 150)
    row = roofline.shares([record]).frame.iloc[0]
    assert row["of the matrix product ↑"] == f"{point.rate / 1e9:.1%}"
    assert roofline.attainable(0.5, Peaks(flops_per_second=10, bytes_per_second=4)) == 2
    assert roofline.attainable(99, Peaks(flops_per_second=10, bytes_per_second=4)) == 10
    assert picture([record])


def test_no_limits_no_roofline() -> None:
    assert roofline.shares([build_record()]).frame.empty
    assert picture([build_record()]) is None


def accuracies(backend: str, *values: float) -> list[Trained]:
    """Return runs with these test accuracies."""
    return [
        build_record(backend=backend, seed=seed, test={"accuracy": value})
        for seed, value in enumerate(values)
    ]


@pytest.mark.parametrize(
    ("other", "outcome"),
    [
        ((0.901, 0.900, 0.902), "equivalent"),
        ((0.950, 0.951, 0.949), "different"),
        ((0.904, 0.907, 0.899), "undecided"),
        ((0.900, 0.901), "undecided: fewer than three seeds"),
    ],
)
def test_accuracies_of_two_backends(other: tuple[float, ...], outcome: str) -> None:
    records = accuracies("jax", 0.900, 0.901, 0.902) + accuracies("tensorflow", *other)
    (row,) = equivalence.quality(records).frame.to_dict("records")
    assert row["within 0.005?"] == outcome
    assert row["backends"] == "tensorflow − jax"


def checked(error: float | None, **changes: Any) -> Compared:
    """Return an equivalence whose worst gradient has this error."""
    checks = (
        Check(quantity="outputs", tensor=None, error=1e-7, bound=1e-5),
        Check(quantity="gradient", tensor="dense/bias", error=1e-6, bound=1e-5),
        Check(quantity="gradient", tensor="dense/kernel", error=error, bound=1e-5),
    )
    return build_compared(checks, **changes)


@pytest.mark.parametrize(
    ("error", "cell", "verdict"),
    [
        (2e-6, "2e-06 (dense/kernel)", "equal"),
        (2e-3, "2e-03 > 1e-05 (dense/kernel)", "DIFFERENT: gradient"),
        (None, "not finite > 1e-05 (dense/kernel)", "DIFFERENT: gradient"),
    ],
)
def test_the_worst_error_and_the_verdict(error: float | None, cell: str, verdict: str) -> None:
    record = checked(error)
    (row,) = equivalence.errors([record]).frame.to_dict("records")
    assert (row["worst gradient"], row["verdict"]) == (cell, verdict)
    (row,) = equivalence.matrix([record]).frame.to_dict("records")
    assert row == {"network": "tabular_mlp", "jax, float32": verdict}


def test_a_rival_that_was_disturbed_throughout_is_not_beaten() -> None:
    fast, slow = runs(0.1), runs(0.2, backend="tensorflow")
    busy = [
        replace(record, environment=replace(record.environment, other_load=1.0)) for record in slow
    ]
    assert "fastest" in settings([*fast, *slow]).frame
    assert "fastest" not in settings([*fast, *busy]).frame


def test_two_data_sets_of_one_kind_have_rows_of_their_own() -> None:
    records = [*runs(0.1), *runs(0.2, dataset="magic")]
    frame = settings(records).frame
    assert frame["data set"].tolist() == ["miniboone", "magic"]
    assert frame["n"].tolist() == [3, 3]
    assert "data set" not in settings(runs(0.1)).frame


def test_the_roof_is_that_of_the_cores_that_a_run_had() -> None:
    one, two = limited(cores=1), limited()
    slower = Peaks(flops_per_second=5e8, bytes_per_second=1e9)
    alone = replace(one.environment, cores=1, peaks=slower)
    frame = roofline.shares([replace(one, environment=alone), two]).frame
    shares = [float(text.rstrip("%")) for text in frame["of the matrix product ↑"]]
    assert shares[0] == pytest.approx(2 * shares[1], rel=0.01)
    unknown = replace(two.environment, cores=4, peaks=None)
    table = roofline.shares([two, replace(two, environment=unknown, cores=4)])
    assert table.cells[1][-1] == "–"


def test_more_cores_have_no_lower_roof_than_fewer() -> None:
    """The peaks of two cores were measured while others took of them."""
    two = limited()
    busy = Peaks(flops_per_second=2e9, bytes_per_second=5e8)
    alone = replace(two.environment, cores=1)
    records = [
        replace(two, environment=alone),
        replace(two, environment=replace(two.environment, peaks=busy)),
    ]
    found = roofline.peaks(records)
    assert found[1] == Peaks(flops_per_second=1e9, bytes_per_second=1e9)
    assert found[2] == Peaks(flops_per_second=2e9, bytes_per_second=1e9)


@pytest.mark.parametrize("ends", [(1.6, 64), (2, 9), (0.5, 40), (3, 3000)])
def test_labels_of_a_logarithmic_axis_do_not_overlap(ends: tuple[float, float]) -> None:
    with style():
        drawing = Figure((5.2, 2.6), layout="constrained")
        panel = drawing.subplots()
        panel.plot(ends, ends)
        panel.set_xscale("log")
        label_sparsely(panel.xaxis)
        drawing.draw_without_rendering()
        labels = [text for text in panel.get_xticklabels(which="both") if text.get_text()]
        boxes = [label.get_window_extent() for label in labels]
    low, high = panel.get_xlim()
    inside = sorted(
        (box.x0, box.x1)
        for box, label in zip(boxes, labels, strict=True)
        if low <= label.get_position()[0] <= high
    )
    assert len(inside) >= 2
    assert all(end < start for (_, end), (start, _) in pairwise(inside))


def test_a_layer_that_cannot_be_counted_leaves_the_others_their_rows() -> None:
    normal = limited()
    odd_layer = Layer(name="n", type="LayerNormalization", output_shape=(None, 1), parameters=2)
    network = replace(normal.network, layers=(*normal.network.layers, odd_layer))
    odd = replace(normal, architecture="odd", network=network)
    assert roofline.shares([normal, odd]).frame["network"].tolist() == ["tabular_mlp"]
    assert picture([normal, odd])


def test_an_own_network_has_the_operations_of_its_program_on_every_backend() -> None:
    jax, other = limited(kind="own"), limited(kind="own", backend="tensorflow")
    assert roofline.shares([jax, other]).frame.empty, "its layers may branch"
    counted = replace(jax, network=replace(jax.network, step_flops=4_000_000))
    frame = roofline.shares([counted, other]).frame
    assert frame["MFLOP a step"].tolist() == ["4.0", "4.0"]
    assert frame["of the matrix product ↑"].str.endswith("%").all()
    assert frame["MB a step"].isna().all()
    assert picture([counted, other]) is None
    assert picture([counted, limited(architecture="other")])
