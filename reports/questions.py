"""Tables and pictures, by the question that they answer."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from reports import interactive, summary
from reports.figures import roofline as figures_roofline
from reports.figures.curves import learning
from reports.figures.picture import Picture
from reports.figures.thresholds import thresholds
from reports.interactive import Chart
from reports.schema import predictions
from reports.schema.record import Compared, Measured, Scored
from reports.scope import REAL, Scope
from reports.study import comparison, kinds, verdicts
from reports.study.verdicts import Judged
from reports.tables import (
    budget,
    environments,
    equivalence,
    front,
    quality,
    ranking,
    roofline,
    settings,
    timing,
)
from reports.tables.confusion import Confusion, confusions
from reports.tables.table import Table

GOOD = (
    "n is the number of seeds; qualities are means over them, after the last epoch. Intervals are "
    "Student's t over seeds, none below three. Validation is on the test subset, as in the study."
)
FAST = (
    "Times are medians over epochs and calls, then geometric means over those of the n runs that "
    "others left alone; over all, with the reason as noise, where there is none. compile and per "
    "fit are medians over runs. per fit: what each call of fit adds to the steps of its epoch: no "
    "part of the epoch's time, but of the training's. fastest: the epoch is shorter than in any "
    "other way to run the network, and the 95 % intervals of the ratios leave no doubt, which "
    "takes three runs of each. one run: bootstrap of the median of its epochs, none below six, "
    "which says nothing of the next run. busy: others took a tenth of the cores or more during "
    "training; shared: it ran beside other experiments; moved: it was begun on another machine, or "
    "with other cores or variables; stalled: a tenth of the time or more was lost in epochs of "
    "over five times the usual, which count as the median in times of a whole training; unsteady: "
    "the middle half of the epochs spreads over a tenth or more."
)
SAME = (
    "First the arithmetic, where pytest bench/test_equivalence.py was run: given weights, dropout "
    "off, the same batches, errors relative to a float64 reference. Then the results, over seeds."
)
REFERENCE = (
    "outputs: logits of a batch; confident loss: where logits are in the tens; curve: the loss of "
    "each of two epochs."
)
WHY = (
    "Training is dashed, validation solid. The 95 % intervals over three seeds or more are bands "
    "in a picture, and are told where one points at a curve of a chart. "
    "Roofline: operations and least traffic are counted from the layers, of your own networks the "
    "operations alone, in JAX's program of a step; rates are the best of any library on as many "
    "cores or fewer; what fits into caches may exceed it."
)
STUDY = (
    "Each run of a claim's networks, on one backend with one seed, says whether the claim holds "
    "there; six runs that agree make a verdict, three say so far. Only runs of the study's whole "
    "recipe count, on real data."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A picture, and the chart that stands in its place where scripts run."""

    picture: Picture
    chart: Chart | None = None
    covered: bool = False
    """Whether the chart before shows this, too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """What answers a question for some of the records."""

    slug: str
    """How the names of its files begin."""
    title: str
    tables: tuple[Table, ...] = ()
    shown: tuple[Shown, ...] = ()
    confusions: tuple[Confusion, ...] = ()
    """For a page; in Markdown they are with their experiments."""
    remarks: tuple[str, ...] = ()

    @property
    def empty(self) -> bool:
        """Whether there is nothing to show."""
        return not (self.tables or self.shown or self.confusions or self.remarks)

    @property
    def pictures(self) -> tuple[Picture, ...]:
        """Every picture that has a file."""
        return tuple(shown.picture for shown in self.shown)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A part of the report."""

    slug: str
    title: str
    text: str
    blocks: tuple[Block, ...]


def questions(
    scopes: Sequence[Scope],
    compared: Sequence[Compared],
    judged: Sequence[Judged],
    folders: Sequence[Path],
) -> tuple[Question, ...]:
    """Return the questions to which anything is known; ``folders`` may have predictions."""
    arithmetic = Block(
        slug="reference",
        title="Against a float64 reference",
        tables=_present(equivalence.matrix(compared), equivalence.errors(compared)),
        remarks=(REFERENCE,) if compared else (),
    )
    claims = Block(slug="study", title="Claims", tables=_present(verdicts.table(judged)))
    curves = (block for scope in scopes for block in _why(scope, folders))
    asked = (
        ("good", "How good?", GOOD, map(_good, scopes)),
        ("fast", "How fast?", FAST, map(_fast, scopes)),
        ("same", "Is it the same?", SAME, (arithmetic, *map(_same, scopes))),
        ("why", "Why?", WHY, curves),
        ("study", "What of the study?", STUDY, (claims, *map(_study, scopes))),
        ("machine", "On what machine, with which versions?", "", map(_machine, scopes)),
    )
    return tuple(_known(*question) for question in asked)


def _known(slug: str, title: str, text: str, blocks: Iterable[Block]) -> Question:
    filled = tuple(block for block in blocks if not block.empty)
    return Question(slug=slug, title=title, text=text, blocks=filled)


def _good(scope: Scope) -> Block:
    return Block(
        slug=scope.slug,
        title=scope.title,
        tables=_of(scope, quality.quality, ranking.ranking, front.front),
        remarks=tuple(filter(None, [summary.diverged(scope.ways)])),
    )


def _fast(scope: Scope) -> Block:
    reached, remark = timing.time_to_accuracy(scope.ways)
    return Block(
        slug=scope.slug,
        title=scope.title,
        tables=(*_present(settings.settings(scope.records), timing.timing(scope.ways), reached),),
        remarks=(remark,) if remark else (),
    )


def _same(scope: Scope) -> Block:
    return Block(slug=scope.slug, title=scope.title, tables=_of(scope, equivalence.quality))


def _study(scope: Scope) -> Block:
    """Return what ours and the study's have to do with each other: of published data only."""
    if scope.data != REAL:
        return Block(slug=scope.slug, title=scope.title)
    kept_up = (summary.kept_up(records) for _, records in scope.datasets())
    return Block(
        slug=scope.slug,
        title=scope.title,
        tables=(
            *_present(comparison.original(scope.records)),  # its precision is in no way's name
            *_of(scope, kinds.suited, kinds.width),
        ),
        remarks=tuple(filter(None, kept_up)),
    )


def _machine(scope: Scope) -> Block:
    tables = _of(scope, budget.budget, environments.environments)
    return Block(slug=scope.slug, title=scope.title, tables=tables)


def _why(scope: Scope, folders: Sequence[Path]) -> Iterator[Block]:
    """Yield the curves of each data set, then how far the machine's limit is."""
    for name, records in scope.datasets():
        data = records[0].data
        kept = {
            (record.id, record.backend): found
            for record in records
            if len(data.classes) == 2
            and isinstance(record, Scored)
            and (found := predictions.find(record, folders))
        }
        chart = interactive.learning(records, scope.looks)
        drawn = (
            (learning(records, scope.looks), chart, False),
            (learning(records, scope.looks, by_time=True), None, True),
            (thresholds(records, kept, scope.looks), None, False),
        )
        yield Block(
            slug=scope.slug,
            title=f"{name}{scope.mark}: {scope.title}",
            shown=tuple(
                Shown(picture=picture, chart=chart, covered=covered)
                for picture, chart, covered in drawn
                if picture
            ),
            confusions=confusions(records),
            remarks=(
                f"{data.train_samples:,} training and {data.test_samples:,} test samples, "
                f"{data.checksum}.",
                *(
                    [f"Not in the chart, but in its picture: {chart.left_out} more curves."]
                    if chart and chart.left_out
                    else []
                ),
                *(
                    f"No threshold curve of {id}, {backend}: {reason}."
                    for (id, backend), found in kept.items()
                    if (reason := found.no_curve)
                ),
            ),
        )
    picture = figures_roofline.picture(scope.records, scope.looks)
    yield Block(
        slug=scope.slug,
        title=f"How far from the limit? {scope.title}",
        tables=_present(roofline.shares(scope.records)),
        shown=(Shown(picture=picture),) if picture else (),
    )


def _of(scope: Scope, *tables: Callable[[Sequence[Measured]], Table]) -> tuple[Table, ...]:
    return _present(*(table(scope.ways) for table in tables))


def _present(*tables: Table) -> tuple[Table, ...]:
    return tuple(table for table in tables if not table.frame.empty)
