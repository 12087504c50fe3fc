"""The study's claims at a glance."""

from collections.abc import Sequence

from matplotlib.figure import Figure

from reports.figures.picture import Picture, label, style, svg
from reports.study.verdicts import Judged, Verdict

COLOR: dict[Verdict, str] = {
    "reproduced": "#009e73",
    "reproduced so far": "#009e73",
    "undecided": "#8c6d00",
    "not reproduced so far": "#d55e00",
    "not reproduced": "#d55e00",
    "not run": "0.6",
}


def picture(judged: Sequence[Judged]) -> Picture:
    """Draw for each claim the share of runs in which it holds, with its 95 % interval.

    Filled where that settles it; without a mark where no run tells.
    """
    with style():
        figure = Figure((9.6, 0.24 * len(judged) + 0.9), layout="constrained")
        panel = figure.subplots()
        for place, judgement in enumerate(judged):
            color = COLOR[judgement.verdict]
            if share := judgement.share:
                panel.plot([share.low, share.high], [place, place], color=color, lw=1.4)
                settled = judgement.verdict in ("reproduced", "not reproduced")
                panel.plot(
                    [share.least, share.most],
                    [place, place],
                    ls="none",
                    marker="o",
                    ms=6,
                    color=color,
                    markerfacecolor=color if settled else "white",
                    clip_on=False,
                    zorder=3,
                )
            n = len(judgement.runs)
            told = f"n = {n}" if n else f"trainings: {judgement.trainings}"
            words = label(f"{judgement.verdict}; {told}", 48)
            panel.text(1.06, place, words, color=color, va="center", fontsize=8)
        panel.axvline(0.5, color="0.4", lw=0.8)
        panel.set_xlim(0, 1)
        panel.set_ylim(len(judged) - 0.4, -0.6)
        names = [f"{judgement.claim.title}  {judgement.claim.id}" for judgement in judged]
        panel.set_yticks(range(len(judged)), names, fontsize=8)
        panel.set_xlabel("share of runs in which the claim holds (95 %)")
        return Picture(
            name="replication",
            title="The study's claims: the share of our runs in which each holds, and the verdict",
            svg=svg(figure),
        )
