"""Colours and shapes: the same for a network and a way to run it, wherever a report shows them."""

import re

from reports import charts
from reports.interactive import Chart
from reports.load import Results
from reports.report import assemble
from reports.schema.record import Record, Trained
from tests.builders import build_fitted, build_record, replace


def run(network: str, dataset: str, backend: str, execution: str = "default") -> Trained:
    modality, _, kind = network.partition("_")
    return build_record(
        id=f"{network}-{dataset}-{backend}-{execution}",
        architecture=network,
        modality=modality,
        kind=kind,
        dataset=dataset,
        backend=backend,
        execution=execution,
    )


def sample() -> list[Record]:
    """Return networks and ways of which no data set has all."""
    tree = {"architecture": "decision_tree", "kind": "baseline"}
    return [
        run("tabular_mlp", "miniboone", "tensorflow"),
        run("tabular_cnn", "magic", "jax", "tuned"),
        run("tabular_mlp", "magic", "tensorflow", "tuned"),
        run("tabular_mlp", "magic", "jax"),
        run("image_cnn", "fashion_mnist", "tensorflow"),
        run("image_rnn", "fashion_mnist", "jax", "tuned"),
        build_fitted(id="tree-magic", dataset="magic", **tree),
        build_fitted(id="tree-images", dataset="fashion_mnist", modality="image", **tree),
    ]


def points(chart: Chart) -> list[tuple[str, str, str]]:
    """Return the name, the colour and the symbol of each point of a chart."""
    series = [each for each in chart.option["series"] if each["type"] == "scatter"]
    return [
        (each["name"].split(", n = ")[0], each["itemStyle"]["borderColor"], each["symbol"])
        for each in series
    ]


def test_a_network_and_a_way_look_the_same_in_every_card() -> None:
    report = assemble(Results(records=tuple(sample()), superseded=0))
    drawn = [point for answer in report.answers if answer.chart for point in points(answer.chart)]
    assert len(drawn) == len(sample())
    colors = {(name.split(", ")[0], color) for name, color, _ in drawn}
    shapes = {(name.partition(", ")[2], symbol) for name, _, symbol in drawn}
    networks, ways = {name for name, _ in colors}, {way for way, _ in shapes}
    assert len(colors) == len(networks) == 5
    for answer in report.answers:
        assert answer.chart
        here = {(name.split(", ")[0], color) for name, color, _ in points(answer.chart)}
        assert len(here) == len({color for _, color in here}), "no two networks of a card"
    assert ways == {"jax", "jax, tuned", "tensorflow", "tensorflow, tuned", "sklearn"}
    assert len(shapes) == len({symbol for _, symbol in shapes}) == len(ways)
    assert {("jax", "circle"), ("tensorflow", "triangle")} <= shapes, "as in any other report"
    for answer in report.answers:
        assert answer.chart
        assert answer.picture
        shown = {name.partition(", ")[2] for name, *_ in points(answer.chart)}
        told = answer.picture.title.split("; ")
        assert {part[2:] for part in told if part[:1] in "●▲■◆▼✚★✕"} == shown
        assert {f"{mark} {way}" for way, mark in answer.chart.marks.items()} <= set(told)
        assert set(answer.chart.colors) == {
            name.split(", ")[0] for name, *_ in points(answer.chart)
        }


def test_pictures_have_the_colours_of_the_charts() -> None:
    report = assemble(Results(records=tuple(sample()), superseded=0))
    for answer in report.answers:
        assert answer.chart
        assert answer.picture
        used = set(re.findall("#[0-9a-f]{6}", answer.picture.svg)) & set(charts.COLORS)
        assert used == {color for _, color, _ in points(answer.chart)}


def test_every_shape_can_be_drawn_full_and_empty() -> None:
    from matplotlib.markers import MarkerStyle

    assert len({shape.character for shape in charts.SHAPES}) == len(charts.SHAPES)
    for shape in charts.SHAPES:
        assert MarkerStyle(shape.marker).is_filled()
        hollow = charts.line("x", "#000000", dashed=True, marked=True, symbol=shape.symbol)
        assert hollow["symbol"][5:].lower() == shape.symbol.lower()
        assert hollow["symbol"][6:] == shape.symbol[1:], "a path tells capital letters from small"


def test_more_ways_than_shapes_have_some_again() -> None:
    names = ["jax", "sklearn", *(f"jax, way {n}" for n in range(20))]
    found = charts.shapes_of(names)
    assert set(found) == set(names)
    assert list(found.values()).count(found["jax"]) == 1
    records = [replace(build_record(), backend=name) for name in names]
    assert charts.looks(records).of([("tabular_mlp", "sklearn")]).legend == "■ sklearn"
