"""What releases take, as multiples of the newest."""

from collections.abc import Sequence

from matplotlib.figure import Figure

from reports.charts import COLORS, shapes_of
from reports.figures.picture import Picture, label, style, svg
from reports.versions.releases import MEASURES, Line, versions
from reports.versions.steps import typical


def picture(lines: Sequence[Line]) -> Picture:
    """Draw the measures of one package's releases, a panel each; bars are 95 % intervals."""
    package = lines[0].package
    names = versions(lines)
    networks = list(dict.fromkeys(line.network for line in lines))
    backends = list(dict.fromkeys(line.backend for line in lines))
    shapes = shapes_of(backends)
    with style():
        figure = Figure((8.4, 7.4), layout="constrained")
        *panels, legend = figure.subplots(3, 2).flat
        for panel, measure in zip(panels, MEASURES, strict=True):
            for number, line in enumerate(lines):
                shift = (number - (len(lines) - 1) / 2) * 0.05
                color = COLORS[networks.index(line.network) % len(COLORS)]
                found = [(r.version, typical(r, measure)) for r in line.releases]
                told = [(version, each) for version, each in found if each]
                at = [names.index(version) + shift for version, _ in told]
                for place, (_, each) in zip(at, told, strict=True):
                    panel.plot([place, place], [each.low, each.high], color=color, lw=1)
                panel.plot(
                    [*at, names.index(line.newest) + shift],
                    [*(each.estimate for _, each in told), 1.0],
                    color=color,
                    marker=shapes[line.backend].marker,
                    ls="-" if backends.index(line.backend) == 0 else "--",
                    ms=4,
                    lw=1.1,
                    label=label(line.name, 40),
                )
            panel.axhline(1, color="0.4", lw=0.8)
            panel.set_title(f"{measure}, over the newest", fontsize=9)
            panel.set_xticks(range(len(names)), names, rotation=30, ha="right", fontsize=7)
        legend.axis("off")
        legend.legend(
            *panels[0].get_legend_handles_labels(), loc="center", frameon=False, fontsize=8
        )
        return Picture(
            name=f"versions-{package}",
            title=f"Releases of {package}: CPU time of epochs, imports and predictions, and peak "
            f"memory, as multiples of {lines[0].newest}",
            svg=svg(figure),
        )
