"""Other classifiers for the networks to be held against: scikit-learn's, with their defaults.

What departs from a default has its reason here. Inputs are ``(samples, features)``; sequential data
come as a sparse matrix of which words occur, except where a classifier takes none.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.base import ClassifierMixin
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import BernoulliNB, GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import SVC, LinearSVC
from sklearn.tree import DecisionTreeClassifier

BUILDERS: Mapping[str, Callable[[int, str], ClassifierMixin]] = {
    # The default of 100 iterations ends before pixels or words have converged.
    "logistic_regression": lambda seed, modality: LogisticRegression(max_iter=1000, tol=1e-3),
    "naive_bayes": lambda seed, modality: (
        BernoulliNB() if modality == "sequential" else GaussianNB()
    ),
    "decision_tree": lambda seed, modality: DecisionTreeClassifier(random_state=seed),
    "random_forest": lambda seed, modality: RandomForestClassifier(random_state=seed, n_jobs=-1),
    "nearest_neighbors": lambda seed, modality: KNeighborsClassifier(n_jobs=-1),
    "linear_svm": lambda seed, modality: LinearSVC(random_state=seed),
    # Without it, predictions and decision values disagree where votes are even.
    "kernel_svm": lambda seed, modality: SVC(break_ties=True, cache_size=1000),
    # A split that looks at every pixel or word takes ten times as long.
    "gradient_boosting": lambda seed, modality: HistGradientBoostingClassifier(
        max_features=1.0 if modality == "tabular" else 0.1, random_state=seed
    ),
}


def build(name: str, modality: str, seed: int) -> ClassifierMixin:
    """Return a classifier that has seen nothing yet."""
    return BUILDERS[name](seed, modality)


def inputs(name: str, modality: str, samples: np.ndarray) -> Any:
    """Return encoded samples, ``(n, …)``, in the form that a classifier takes."""
    flat = samples.reshape(len(samples), -1)
    if modality == "sequential" and name != "gradient_boosting":
        return sparse.csr_matrix(flat, dtype=np.float32)
    return flat
