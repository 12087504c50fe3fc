"""Synthetic data in the form of each data set, for machines without the real files.

Same raw shapes, dtypes, ranges and class balance, and the same kind of difficulty; the results say
nothing about the real data. Each generator is a function of its sizes and its seed alone.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from datasets import imdb, miniboone
from datasets.spec import Ragged, Split

SIGNAL_SHARE = 36_499 / 130_064
"""Share of positive events in MiniBooNE."""


def events(train: int, test: int, seed: int) -> Split[np.ndarray]:
    """Return MiniBooNE-like events: 50 correlated features, 28 % signal, some values missing.

    A few hidden quantities decide: one has another mean in signal events, two are correlated with
    opposite sign, one has another spread, so that part of the task is beyond a linear model. The
    features mix them smoothly (neighbours are alike) and span seven orders of magnitude.
    """
    random = np.random.default_rng([seed, 1])
    count = train + test
    signal = random.random(count) < SIGNAL_SHARE
    hidden = random.normal(size=(count, 8))
    hidden[:, 0] += 1.5 * signal
    hidden[:, 2] = np.where(signal, 1, -1) * hidden[:, 1] + 0.6 * hidden[:, 2]
    hidden[:, 3] *= np.where(signal, 0.4, 1.4)
    features = hidden @ _smooth_mixture(8, miniboone.FEATURES)
    features += 0.3 * random.normal(size=features.shape)
    features = (features * 10.0 ** np.linspace(-3, 4, miniboone.FEATURES)).astype(np.float32)
    features[:, ::7][random.random((count, 8)) < 0.02] = miniboone.MISSING
    features[random.random(count) < 0.004] = miniboone.MISSING
    return _split(features, signal.astype(np.uint8), train)


def garments(train: int, test: int, seed: int) -> Split[np.ndarray]:
    """Return Fashion-MNIST-like images: ten drawn garments, shifted, scaled and noisy.

    Three garments with sleeves differ in little more than the sleeves and a seam, as in the
    original, where they are the classes most often confused.
    """
    random = np.random.default_rng([seed, 2])
    count = train + test
    classes = (random.permutation(count) % len(SHAPES)).astype(np.uint8)
    images = np.empty((count, 28, 28), np.uint8)
    for start in range(0, count, 1000):  # bounds the memory of the float images
        part = slice(start, start + 1000)
        images[part] = _drawn(classes[part], random)
    return _split(images, classes, train)


def reviews(train: int, test: int, seed: int) -> Split[Ragged]:
    """Return IMDB-like reviews: Zipf-distributed words, opinions carried by words and their order.

    About every fifteenth word is an opinion, which agrees with the review's label 7 times in 10. Of
    the opinions, 3 in 10 are a negator followed by a word of the opposite sentiment: who only knows
    which words occur reads those wrongly.
    """
    random = np.random.default_rng([seed, 3])
    count = train + test
    positive = random.permutation(count) % 2 == 0
    lengths = np.exp(random.normal(np.log(175), 0.76, size=count)).astype(np.int64).clip(7, 2494)
    offsets = np.concatenate(([0], np.cumsum(lengths)))
    total = int(offsets[-1])
    frequency = 1 / (np.arange(RANKS) + 2.7)
    words = np.searchsorted(np.cumsum(frequency / frequency.sum()), random.random(total)) + 1
    label = np.repeat(positive, lengths)
    opinion = random.random(total) < 1 / 15
    opinion[offsets[:-1]] = False  # the first word has none before it to negate it
    agrees = random.random(total) < 0.7
    negated = opinion & (random.random(total) < 0.3)
    praise = (label == agrees) ^ negated
    choice = random.integers(len(PRAISE), size=total)
    words[opinion] = np.where(praise, PRAISE[choice], BLAME[choice])[opinion]
    words[np.flatnonzero(negated) - 1] = NEGATOR
    sequences = imdb.tokens(Ragged(values=words.astype(np.int32), offsets=offsets))
    indexes = np.arange(count)
    return Split(
        x_train=sequences[indexes[:train]],
        y_train=positive[:train].astype(np.uint8),
        x_test=sequences[indexes[train:]],
        y_test=positive[train:].astype(np.uint8),
    )


def vocabulary() -> dict[int, str]:
    """Return names for the generated words: ``not``, ``good7``, ``bad7``, ``w123`` for the rest."""
    names = {rank: f"w{rank}" for rank in range(1, imdb.VOCABULARY - imdb.FIRST)}
    names |= {int(rank): f"good{number}" for number, rank in enumerate(PRAISE)}
    names |= {int(rank): f"bad{number}" for number, rank in enumerate(BLAME)}
    names[NEGATOR] = "not"
    words = {rank + imdb.FIRST: name for rank, name in names.items()}
    return {imdb.START: "", imdb.UNKNOWN: "…", **words}


RANKS = 30_000
"""Distinct words of the generated reviews; those beyond the vocabulary become unknown."""
NEGATOR = 20
PRAISE = np.arange(100, 1300, 20)
BLAME = np.arange(110, 1310, 20)
"""Sixty words each, of middling rank."""

Mask = np.ndarray[Any, np.dtype[np.bool_]]
Shape = Callable[[np.ndarray, np.ndarray], Mask]
"""Offset from the vertical axis (-1 to 1), height (0 top to 1 bottom) -> inside or not."""


def _body(top: float, bottom: float, start: float = 0.05) -> Shape:
    def inside(x: np.ndarray, y: np.ndarray) -> Mask:
        return (abs(x) < top + (bottom - top) * y) & (start < y) & (y < 0.95)

    return inside


def _sleeves(reach: float, end: float) -> Shape:
    def inside(x: np.ndarray, y: np.ndarray) -> Mask:
        return (abs(x) > 0.4) & (abs(x) < reach) & (0.5 * abs(x) - 0.15 < y) & (y < end)

    return inside


def _without(shape: Shape, hole: Shape) -> Shape:
    return lambda x, y: shape(x, y) & ~hole(x, y)


def _union(*shapes: Shape) -> Shape:
    return lambda x, y: np.logical_or.reduce([shape(x, y) for shape in shapes])


def _shoe(x: np.ndarray, y: np.ndarray) -> Mask:
    inside: Mask = (abs(x) < 0.9) & (0.55 - 0.25 * x < y) & (y < 0.8)
    return inside


def _straps(x: np.ndarray, y: np.ndarray) -> Mask:
    sole = (abs(x) < 0.9) & (y > 0.7) & (y < 0.8)
    inside: Mask = sole | (_shoe(x, y) & (np.sin(9 * (x + y)) > 0.3))
    return inside


def _boot(x: np.ndarray, y: np.ndarray) -> Mask:
    return _shoe(x, y) | ((x > 0.1) & (x < 0.85) & (y > 0.1) & (y < 0.8))


def _bag(x: np.ndarray, y: np.ndarray) -> Mask:
    radius = np.hypot(x, 2 * (y - 0.4))
    sack = (abs(x) < 0.75) & (y > 0.4) & (y < 0.9)
    handle = (radius > 0.4) & (radius < 0.55) & (y < 0.4)
    inside: Mask = sack | handle
    return inside


SHAPES: tuple[Shape, ...] = (
    _union(_body(0.48, 0.48), _sleeves(0.85, 0.35)),
    _without(_body(0.4, 0.45), _body(0.0, 0.15, start=0.35)),
    _union(_body(0.48, 0.48), _sleeves(0.8, 0.85)),
    _body(0.2, 0.55),
    _without(_union(_body(0.5, 0.55), _sleeves(0.8, 0.8)), _body(0.06, 0.06)),
    _straps,
    _without(_union(_body(0.48, 0.48), _sleeves(0.85, 0.55)), _body(0.04, 0.04)),
    _shoe,
    _bag,
    _boot,
)
"""In the order of `datasets.fashion_mnist.CLASSES`."""


def _drawn(classes: np.ndarray, random: np.random.Generator) -> np.ndarray:
    count = len(classes)

    def each(low: float, high: float) -> np.ndarray:
        return random.uniform(low, high, size=(count, 1, 1))

    grid = (np.arange(28) - 13.5) / 13.5
    x = (grid[None, None, :] + each(-0.2, 0.2)) / each(0.7, 1.1) + np.zeros((count, 28, 1))
    y = (
        (grid[None, :, None] + each(-0.15, 0.15)) / each(0.8, 1.1) / 2
        + 0.5
        + np.zeros((count, 1, 28))
    )
    inside = np.empty((count, 28, 28), bool)
    for number, shape in enumerate(SHAPES):
        chosen = classes == number
        inside[chosen] = shape(x[chosen], y[chosen])
    weave = 1 + each(0, 0.4) * np.sin(each(2, 14) * x + each(2, 14) * y)
    images = inside * each(0.25, 1.0) * weave
    images += each(0.1, 0.7) * random.normal(size=images.shape)
    pixels: np.ndarray = (images.clip(0, 1) * 255).astype(np.uint8)
    return pixels


def _smooth_mixture(hidden: int, features: int) -> np.ndarray:
    """Return weights ``(hidden, features)``, each hidden quantity a bump over its neighbourhood."""
    centres = np.linspace(0, features - 1, hidden)[:, None]
    return np.exp(-(((np.arange(features) - centres) / 5) ** 2))


def _split(samples: np.ndarray, classes: np.ndarray, train: int) -> Split[np.ndarray]:
    return Split(
        x_train=samples[:train],
        y_train=classes[:train],
        x_test=samples[train:],
        y_test=classes[train:],
    )
