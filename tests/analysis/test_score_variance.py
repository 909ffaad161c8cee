import numpy as np
import pytest

from workflow.stragglers.analysis.ranking import standardised_ranks
from workflow.stragglers.analysis.score_variance import (
    ALL,
    SHARED,
    one_direction,
    variance_of_all,
    variance_of_score,
)

P = 6000
# Variances that add up to 1. Ranks of normal values correlate by 6/π asin(r/2), nearly r.
PARTS = dict(zip(ALL, (0.4, 0.2, 0.1, 0.05, 0.15, 0.1), strict=True))


def ranked(r):
    return 6 / np.pi * np.arcsin(r / 2)


def drawn(parts=PARTS, scores="ab", architectures="xyz", n_runs=6, seed=0):
    """Rankings whose parts have these variances."""
    rng = np.random.default_rng(seed)

    def part(name, *keys):
        key = (name, *keys)
        if key not in known:
            known[key] = np.sqrt(parts[name]) * rng.standard_normal(P)
        return known[key]

    known, rankings = {}, {}
    for score in scores:
        for architecture in architectures:
            values = [
                part("points")
                + part("score", score)
                + part("architecture", architecture)
                + part("score and architecture", score, architecture)
                + part("run", architecture, run)
                + part("rest", score, architecture, run)
                for run in range(n_runs)
            ]
            rankings[score, architecture] = (np.arange(n_runs), standardised_ranks(np.array(values)))
    return rankings


def test_parts_that_were_put_in_are_found():
    found = variance_of_all(drawn())
    assert list(found) == list(ALL)
    assert sum(estimate.value for estimate in found.values()) == pytest.approx(1)
    neither, score, architecture, both = 0.4, 0.6, 0.5, 0.75
    expected = {
        "points": ranked(neither),
        "score": ranked(score) - ranked(neither),
        "architecture": ranked(architecture) - ranked(neither),
        "score and architecture": ranked(both) - ranked(score) - ranked(architecture) + ranked(neither),
        "run": ranked(0.5 + 0.15) - ranked(architecture),
    }
    for name, share in expected.items():
        assert found[name].value == pytest.approx(share, abs=0.03), name
        # Over runs only: the points, scores and architectures are those of the study.
        assert found[name].low <= found[name].value <= found[name].high


def test_parts_of_one_score():
    rankings = {key: kept for key, kept in drawn().items() if key[0] == "a"}
    found = variance_of_score(rankings)
    assert list(found) == list(SHARED)
    expected = {"points": ranked(0.6), "architecture": ranked(0.75) - ranked(0.6), "run": 1 - ranked(0.75)}
    for name, share in expected.items():
        assert found[name].value == pytest.approx(share, abs=0.03), name


def test_what_is_not_there_has_no_share():
    found = variance_of_all(drawn({**PARTS, "architecture": 0, "score and architecture": 0, "run": 0, "rest": 0.4}))
    for name in ("architecture", "score and architecture", "run"):
        assert found[name].value == pytest.approx(0, abs=0.02)


def test_networks_of_one_seed_count_in_no_pair():
    # A run of x and that of y of the same seed begin with the same numbers.
    rng = np.random.default_rng(1)
    own = standardised_ranks(rng.standard_normal((6, P)))
    found = variance_of_score({("a", "x"): (np.arange(6), own), ("a", "y"): (np.arange(6), own)})
    assert found["points"].value == pytest.approx(0, abs=0.02) and found["run"].value == pytest.approx(1, abs=0.02)


def test_runs_that_a_score_lacks_are_left_out():
    rankings = drawn()
    seeds, ranks = rankings["a", "x"]
    found = variance_of_all({**rankings, ("a", "x"): (seeds[1:], ranks[1:])})
    for name, estimate in variance_of_all(rankings).items():
        assert found[name].value == pytest.approx(estimate.value, abs=0.02)


def test_scores_that_say_the_same_have_one_direction():
    rankings = {score: kept for (score, architecture), kept in drawn().items() if architecture == "x"}
    value, low, high = one_direction(rankings)
    # Two means over six runs: what they have in common over what each has.
    common, whole = 0.5 + 0.15 / 6, 0.75 + 0.25 / 6
    assert value == pytest.approx((1 + ranked(common / whole)) / 2, abs=0.02) and low <= value <= high
    same = rankings["a"]
    assert one_direction({"a": same, "b": same}).value == pytest.approx(1)
