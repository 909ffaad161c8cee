import numpy as np
import pytest

from workflow.stragglers.analysis.ranking import FIXED, Score
from workflow.stragglers.analysis.score_names import ALL_SCORES, LABEL_QUALITY, ONE_DIRECTION, STRAGGLER, TITLES
from workflow.stragglers.analysis.scores import (
    Scored,
    joined,
    pairs_table,
    recalls,
    scores_of_sets,
    scores_table,
    stability_table,
    summary_table,
    variance_table,
)
from workflow.stragglers.support import columns

P, COUNT = 1500, 150
ADDRESS = {"dataset": "d", "source": "s", "task": "parity", "subset": "all"}
ADDRESSES = [{**ADDRESS, "network": network, "optimizer": "gd"} for network in ("reference", "relu")]


def measured(truth, n_runs, seed, noise=0.3):
    rng = np.random.default_rng(seed)

    def noisy():
        return truth + noise * rng.standard_normal((n_runs, P))

    straggles = (noisy() > np.sort(truth)[-COUNT]).astype(float)
    return np.arange(n_runs), {STRAGGLER: straggles, "aum": noisy(), "forgetting": noisy().round()}


@pytest.fixture(scope="module")
def scored():
    rng = np.random.default_rng(0)
    truth = rng.standard_normal(P)
    networks = {"reference": measured(truth, 8, 1), "relu": measured(truth, 6, 2)}
    others = {"lda": truth[None] + 0.05, LABEL_QUALITY: truth + 0.2 * rng.standard_normal((5, P))}
    planted = np.zeros(P, bool)
    planted[np.argsort(truth)[-60:]] = True
    return Scored(networks, others, np.where(rng.random(P) < 0.5, 1, -1), planted)


def test_straggling_is_being_wrong_at_the_inversion(written):
    sets = np.random.default_rng(0).random((6, 3, 20)) < 0.4
    found = scores_of_sets(written(sets), np.array([2.0, np.nan, 5.0]))
    np.testing.assert_array_equal(found[STRAGGLER][0], sets[2, 0])
    np.testing.assert_array_equal(found[STRAGGLER][2], sets[5, 2])
    assert np.isnan(found[STRAGGLER][1]).all()
    assert {*found} < {*TITLES} and all(values.shape == (3, 20) for values in found.values())


def test_blocks_of_one_network_are_joined():
    blocks = [{"seeds": np.array([seed]), "aum": np.full((1, 3), seed)} for seed in (4, 1, 2)]
    found = joined(["reference", "relu", "reference"], blocks)
    assert list(found) == ["reference", "relu"]
    seeds, values = found["reference"]
    assert seeds.tolist() == [4, 2] and values["aum"][:, 0].tolist() == [4, 2] and "seeds" not in values


def test_the_hardest_are_as_many_as_the_consensus_of_runs_that_inverted(scored):
    seeds, values = scored.networks["reference"]
    expected = (values[STRAGGLER].mean(0) >= 0.5).sum()
    assert scored.count == expected
    without = {**values, STRAGGLER: np.concatenate([values[STRAGGLER], np.full((2, P), np.nan)])}
    without |= {name: np.concatenate([without[name], without[name][:2]]) for name in ("aum", "forgetting")}
    other = Scored({"reference": (np.arange(10), without)}, {}, scored.label, scored.planted)
    assert other.count == expected
    assert other.of_network("reference")[STRAGGLER].runs.tolist() == seeds.tolist()
    assert len(other.of_network("reference")["aum"].runs) == 10


def test_scores_that_no_run_has_are_left_out(scored):
    seeds, values = scored.networks["reference"]
    none = Scored(
        {"reference": (seeds, {**values, STRAGGLER: np.full((8, P), np.nan)})}, {}, scored.label, scored.planted
    )
    assert none.count == 1 and list(none.all()) == ["forgetting", "aum"]


def test_points_by_every_score(scored):
    table = scores_table(scored, np.arange(P) + 7, ADDRESSES)
    assert list(table) == list(columns.SCORES)
    assert len(table) == P * (5 + 3)
    rows = table.query("network == 'relu' and score == 'aum'")
    np.testing.assert_allclose(rows["value"], scored.networks["relu"][1]["aum"].mean(0))
    assert rows["sample_id"].tolist() == list(range(7, P + 7)) and (rows["n_runs"] == 6).all()
    assert set(table.query("score == 'lda'")["network"]) == {"reference"}


def test_a_summary_of_each_score(scored):
    table = summary_table(scored, ADDRESS).set_index("score")
    assert [*ADDRESS, "score"] + [c for c in table if c not in ADDRESS] == list(columns.SCORE_SUMMARY)
    assert list(table.index) == [name for name in TITLES if name in table.index] and len(table) == 5
    assert table.loc["aum", "rho"] > table.loc[STRAGGLER, "rho"]
    assert (table["own_share"].dropna() < 0.1).all() and table["own_share"].notna().sum() == 4
    assert table.loc["lda", "jaccard"] == 1 and np.isnan(table.loc["lda", "own_share"])
    # 60 hardest of 1500 were planted.
    assert table.loc["lda", "recall"] == 1 and 0.5 < table.loc["aum", "recall_run"] < table.loc["aum", "recall"] < 1


def test_recall_of_what_was_planted():
    values = np.array([[3.0, 2, 1, 0, 0, 0], [1.0, 0, 3, 2, 0, 0]])
    planted = np.array([1, 1, 0, 0, 0, 0], bool)
    found = recalls(Score.of(values, np.arange(2), 2), planted)
    # Means are 2, 1, 2, 1, 0, 0: one of the two for sure. Of single runs, both and none.
    assert found["recall"] == 0.5 and found["recall_run"] == 0.5
    assert np.isnan(list(recalls(Score.of(values, np.arange(2), 2), np.zeros(6, bool)).values())).all()


def test_pairs_of_scores(scored):
    table = pairs_table(scored, ADDRESS)
    assert list(table) == list(columns.SCORE_PAIRS) and len(table) == 15
    pairs = table.set_index(["score_a", "score_b"])
    summary = summary_table(scored, ADDRESS).set_index("score")
    for name in summary.index:
        assert pairs.loc[(name, name), "jaccard"] == summary.loc[name, "jaccard"]
    assert pairs.loc[("aum", "lda"), "rho_means"] > pairs.loc[("aum", "lda"), "rho"] > pairs.loc[("aum", "aum"), "rho"]


def test_stability_by_the_number_of_runs(scored):
    table = stability_table(scored, ADDRESS)
    assert list(table) == list(columns.SCORE_STABILITY)
    assert set(table["score"]) == {STRAGGLER, "aum", "forgetting", LABEL_QUALITY}
    rows = table.query("score == 'aum' and measure == 'rho'")
    assert rows["size"].tolist() == [1, 2, 3] and rows["value"].is_monotonic_increasing
    assert (table["lowest"] <= table["value"]).all() and (table["value"] <= table["highest"]).all()


def test_variance_of_scores(scored):
    table = variance_table(scored, ADDRESS)
    assert list(table) == list(columns.SCORE_VARIANCE)
    shares = table[table["component"] != ONE_DIRECTION].groupby("score")["share"].sum()
    assert set(shares.index) == {STRAGGLER, "aum", "forgetting", ALL_SCORES}
    np.testing.assert_allclose(shares, 1)
    of_all = table[table["score"] == ALL_SCORES].set_index("component")["share"]
    # Both networks were made to find the same points hard.
    assert of_all["architecture"] == pytest.approx(0, abs=0.02) and of_all[ONE_DIRECTION] > 0.8
    assert (table["n_runs"] == 14).all()


def test_one_network_has_no_share_of_architectures(scored):
    alone = Scored({"reference": scored.networks["reference"]}, scored.others, scored.label, scored.planted)
    assert variance_table(alone, ADDRESS)["component"].tolist() == [ONE_DIRECTION]
    assert alone.all()["lda"].runs.tolist() == [FIXED]
