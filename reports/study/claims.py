"""The study's claims, in its order, and the one on all its experiments (section 7.4).

Thresholds that the study does not print are named beside the claims.
"""

from reports.study import image, sequential, tabular
from reports.study.claim import Claim, Evidence, Runs, within
from reports.study.image import IMAGE
from reports.study.numbers import MATCH, SUITED
from reports.study.sequential import SEQUENTIAL
from reports.study.tabular import TABULAR


def _g1(runs: Runs) -> Evidence:
    """Judge by the experiments that are there: one is enough to hold, three are needed to fail."""
    leads = {}
    for modality, names in (("tabular", TABULAR), ("image", IMAGE), ("sequential", SEQUENTIAL)):
        accuracy = {
            r.architecture: runs.test(r.architecture, "accuracy") for r in runs.of(modality)
        }
        if not set(names) <= accuracy.keys():
            continue
        kinds = {record.architecture: record.kind for record in runs.of(modality)}
        suited = max(accuracy[name] for name in names if kinds[name] == SUITED[modality])
        other = max(accuracy[name] for name in names if kinds[name] != SUITED[modality])
        leads[f"{modality}: best other − best suited"] = other - suited
    holds = any(lead > 0 or within(lead, MATCH) for lead in leads.values())
    if not leads:
        raise KeyError("a whole experiment")
    return Evidence(holds=holds if holds or len(leads) == 3 else None, numbers=leads)


G1 = Claim(
    id="G1",
    title="another kind of network keeps up",
    section="7.4",
    text="In at least one experiment a network of another kind matches (within 0.005 test "
    "accuracy) or beats the best of the suited kind.",
    networks=(*TABULAR, *IMAGE, *SEQUENTIAL),
    judge=_g1,
)

CLAIMS = (
    *(tabular.T1, tabular.T2, tabular.T3, tabular.T4, tabular.T5, tabular.T6),
    *(image.I1, image.I2, image.I3, image.I4, image.I5, image.I6, image.I7),
    *(sequential.S1, sequential.S2, sequential.S3, sequential.S4),
    *(sequential.S5, sequential.S6, sequential.S7),
    G1,
)
