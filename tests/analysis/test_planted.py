import numpy as np
import pandas as pd
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from project import REPOSITORY
from scipy.stats import norm

from workflow.stragglers.analysis.evidence import Evidence
from workflow.stragglers.analysis.planted import (
    closed_form_error,
    closed_forms,
    discriminant_errors,
    planted_table,
    recall_and_precision,
)
from workflow.stragglers.analysis.planted_claims import planted_error, planted_recall
from workflow.stragglers.data import datasets
from workflow.stragglers.data.synthetic import planted, sample
from workflow.stragglers.figures.figs1_planted import Content, caption, draw
from workflow.stragglers.spec.canonical import address, canonical, from_canonical
from workflow.stragglers.spec.specification import PLANTED, Dataset, Defining, planting
from workflow.stragglers.study.study import Study
from workflow.stragglers.support.columns import ADDRESS
from workflow.stragglers.support.errors import InputError
from workflow.stragglers.support.intervals import LEAST_RUNS

laws = st.builds(
    lambda kind, mu, q, cue: planting({"kind": kind, "mu": mu, "q": q, "cue": cue}),
    st.sampled_from(["flips", "rescued", "xor"]),
    st.floats(0.5, 4),
    st.floats(0, 0.45),
    st.floats(0, 5),
)


def specification(**options):
    return Dataset("planted", planted=planting(options))


def discriminant(x, y):
    """Errors of the sample's own linear discriminant: booleans (samples,)."""
    mean = (x * y[:, None]).mean(0)
    return y * (x @ np.linalg.solve(np.cov((x - y[:, None] * mean).T), mean)) < 0


# The data


@pytest.mark.parametrize("q", [0, 0.03, 0.1, 0.2])
@pytest.mark.parametrize("kind", ["flips", "rescued", "xor"])
def test_the_share_of_planted_points_is_q(kind, q):
    dataset = datasets.prepare(specification(kind=kind, q=q), "nowhere")
    assert dataset.planted.dtype == bool and dataset.planted.sum() == round(q * 4096)


def test_flips_are_labelled_against_the_first_coordinate_in_training_only():
    dataset = datasets.prepare(specification(mu=8, q=0.2), "nowhere")
    wrong = np.sign(dataset.images_train[:, 0]) != dataset.label_train
    assert (wrong == dataset.planted).all()
    assert (np.sign(dataset.images_test[:, 0]) == dataset.label_test).all()


@pytest.mark.parametrize("kind", ["rescued", "xor"])
def test_other_minorities_are_in_the_test_data_too(kind):
    dataset = datasets.prepare(specification(kind=kind, mu=8, q=0.2), "nowhere")
    assert (np.sign(dataset.images_test[:, 0]) != dataset.label_test).mean() == pytest.approx(0.2, abs=1e-3)


def test_the_second_coordinate_tells_the_label_of_the_rescued():
    dataset = datasets.prepare(specification(kind="rescued", cue=8), "nowhere")
    assert (np.sign(dataset.images_train[:, 1]) == dataset.label_train).all()


def test_only_a_product_tells_the_label_of_an_xor_minority():
    dataset = datasets.prepare(specification(kind="xor", cue=8, q=0.3), "nowhere")
    second, third = np.sign(dataset.images_train[dataset.planted, 1:3]).T
    label = dataset.label_train[dataset.planted]
    assert (second * third == label).all()
    assert abs((second * label).mean()) < 0.1 and abs((third * label).mean()) < 0.1
    assert np.abs(dataset.images_train[~dataset.planted, 1:3]).max() < 6


def test_labels_are_the_parity_of_two_balanced_classes():
    dataset = datasets.prepare(specification(), "nowhere")
    assert set(dataset.class_train) == {0, 1}
    assert (dataset.label_train == 2 * dataset.class_train - 1).all()
    assert abs(dataset.label_train.mean()) < 0.05


def test_shapes_are_those_of_the_options():
    train, test = planted(**planting({"n_features": 7, "n_train": 30, "n_test": 20}))
    assert [part.shape for part in train] == [(30, 7), (30,), (30,)] and test[0].shape == (20, 7)
    assert train[0].dtype == np.float32


@given(laws, st.integers(0, 99))
def test_a_draw_is_its_seeds(law, seed):
    law = law | {"n_train": 50, "n_test": 20, "seed": seed}
    first, second, other = planted(**law), planted(**law), planted(**law | {"seed": seed + 1})
    assert all((a == b).all() for parts in zip(first, second, strict=True) for a, b in zip(*parts, strict=True))
    assert (first[0][0] != other[0][0]).any()


def test_the_planted_points_survive_saving(tmp_path):
    dataset = datasets.prepare(specification(n_train=60, n_test=20), "nowhere")
    dataset.save(tmp_path / "dataset.npz")
    assert (datasets.Dataset.load(tmp_path / "dataset.npz").planted == dataset.planted).all()


def test_other_sources_plant_nothing(small):
    assert small.planted.shape == small.sample_id.shape and not small.planted.any()


# The closed form


@pytest.mark.parametrize(("mu", "q"), [(1.5, 0.05), (2, 0.1), (2.5, 0.2), (2, 0)])
def test_without_a_cue_it_is_that_of_the_first_coordinate(mu, q):
    assert closed_form_error(mu, q) == pytest.approx(q * norm.cdf(mu) + (1 - q) * norm.cdf(-mu))


@pytest.mark.parametrize("kind", ["flips", "rescued", "xor"])
@pytest.mark.parametrize(("mu", "q", "cue"), [(1.5, 0.05, 0.5), (2, 0.1, 1), (2.5, 0.2, 2), (2, 0, 1)])
def test_it_is_the_error_of_the_discriminant_of_many_points(kind, mu, q, cue):
    x, classes, minority = sample(kind, mu, q, cue, 300_000, 3, np.random.default_rng(1))
    wrong = discriminant(x.astype(float), 2 * classes - 1)
    expected = closed_forms(planting({"kind": kind, "mu": mu, "q": q, "cue": cue}))
    assert wrong.mean() == pytest.approx(expected["closed_form"], rel=0.04)
    if q:
        recall, precision = recall_and_precision(wrong, minority)
        assert recall == pytest.approx(expected["recall_closed_form"], rel=0.04)
        assert precision == pytest.approx(expected["precision_closed_form"], rel=0.04)


@given(st.floats(0.5, 4), st.floats(0, 0.45), st.floats(0, 5))
def test_the_minority_is_misled_and_a_cue_helps_it(mu, q, cue):
    minority, majority = discriminant_errors(mu, q, cue)
    assert minority >= majority
    assert minority <= discriminant_errors(mu, q)[0] + 1e-12


# The specification


def test_options_left_out_are_the_defaults():
    assert planting({"kind": "xor"}) == planting({**PLANTED, "kind": "xor"})
    assert planting({"mu": 2}) == planting({"mu": 2.0})


def test_a_cue_means_nothing_to_flips():
    assert planting({"cue": 3}) == planting({})


@given(laws, laws)
def test_addresses_are_equal_only_for_equal_laws(first, second):
    a, b = (Dataset("planted", planted=law) for law in (first, second))
    assert (address("x", a) == address("x", b)) == (first == second)
    assert from_canonical(canonical(a), Dataset) == [a]


def test_other_datasets_keep_their_canonical_form():
    assert canonical(Dataset("digits")) == '[{"source": "digits"}]'


def test_a_source_is_one_draw_of_one_law():
    assert specification().source_name == "planted:flips mu=2 q=0.1 cue=0 d=50 P=4096 seed=0"
    changes = [{}, {"kind": "xor"}, {"mu": 3}, {"q": 0.2}, {"n_features": 9}, {"n_train": 9}, {"seed": 1}]
    assert len({specification(**change).source_name for change in changes}) == len(changes)


def test_the_first_source_of_each_kind_is_a_main_dataset(config):
    def entry(subset=None, **options):
        return {"source": "planted", "planted": options} | ({"subset": subset} if subset else {})

    config["datasets"] |= {
        "half": entry({"first": 2048}),
        "whole": entry(),
        "other_law": entry(q=0.2),
        "xor": entry(kind="xor"),
        "other_xor": entry(kind="xor", cue=9),
    }
    config["runs"].append({"datasets": [*config["datasets"]], "seeds": ["0-2"]})
    assert Study(config).main_datasets == {"digits": ["digits"], "half": ["half", "whole"], "xor": ["xor"]}


def test_a_subset_keeps_its_planted_points():
    whole = datasets.prepare(specification(n_train=60, n_test=20), "nowhere")
    block = {"block": 1, "size": 30}
    half = datasets.prepare(
        Dataset("planted", subset=block, planted=planting({"n_train": 60, "n_test": 20})), "nowhere"
    )
    assert (half.planted == whole.planted[30:]).all() and (half.label_train == whole.label_train[30:]).all()


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"source": "planted"}, "planted: give it with `source: planted`"),
        ({"source": "digits", "planted": {}}, "planted: give it with `source: planted`"),
        ({"source": "planted", "planted": {}, "task": {"pair": [0, 1]}}, "task: planted data have their own"),
    ],
)
def test_what_does_not_go_together_is_refused(config, entry, message):
    config["datasets"]["digits"] = entry
    with pytest.raises(InputError, match=rf"datasets.digits.{message}"):
        Study(config)


def test_the_schemas_defaults_are_those_of_the_code():
    schema = yaml.safe_load((REPOSITORY / "workflow/schemas/config.schema.yaml").read_text(encoding="utf-8"))
    properties = schema["properties"]["datasets"]["additionalProperties"]["properties"]["planted"]["properties"]
    assert {name: entry["default"] for name, entry in properties.items()} == PLANTED


# The table and its figure


@pytest.fixture
def tables():
    """Two datasets of ten points: one inverts in both runs and was retrained, the other does not."""
    cell = dict.fromkeys(ADDRESS, "x") | {"layer": 1, "removed": "none"}
    runs = [("yes", 0, True, 0.2), ("yes", 1, True, 0.3), ("no", 0, False, np.nan), ("no", 1, False, np.nan)]
    inversion = pd.DataFrame(
        cell | {"dataset": name, "seed": seed, "found": found, "train_error": error, "observable": observable}
        for name, seed, found, error in runs
        for observable in ("D", "R_plus")
    )
    points = [("yes", i, i < 3) for i in range(10)] + [("no", i, False) for i in range(10)]
    stragglers = pd.DataFrame(points, columns=["dataset", "sample_id", "consensus"])
    retrained = [
        (seed, removed, sigma, 0.1 * (1 + draw) + sigma, removed != "stragglers")
        for seed in (0, 1)
        for removed, draws in (("none", 1), ("stragglers", 1), ("random", 3))
        for draw in range(draws)
        for sigma in (0.0, 1.0)
    ]
    ablation = pd.DataFrame(retrained, columns=["seed", "removed", "sigma", "test_error", "inversion_found"])
    return inversion, stragglers, ablation.assign(dataset="yes")


def test_a_row_is_a_dataset_beside_its_closed_form(tables):
    minority = np.arange(10) < 4
    laws = {"yes": planting({}), "no": planting({"q": 0})}
    table = planted_table(laws, [minority, np.zeros(10, bool)], *tables, Defining()).set_index("dataset")
    yes, no = table.loc["yes"], table.loc["no"]
    assert (yes["n_runs"], yes["n_inverted"], yes["n_samples"], yes["n_planted"]) == (2, 2, 10, 4)
    assert yes["error"] == pytest.approx(0.25) and np.isnan(yes["ci_low"])
    # Of the share that is planted, not of the law's.
    assert yes["relative_error"] == pytest.approx(0.25 / closed_form_error(2, 0.4) - 1)
    assert (yes["recall"], yes["precision"]) == (0.75, 1)
    assert (yes["inverted_none"], yes["inverted_stragglers"], yes["inverted_random"]) == (1, 0, 1)
    assert yes["test_error_none"] == pytest.approx(0.1) and yes["test_error_random"] == pytest.approx(0.2)
    assert no["n_inverted"] == 0 and no["closed_form"] == pytest.approx(norm.cdf(-2))
    assert no[["error", "recall", "precision", "test_error_none", "inverted_random"]].isna().all()


def test_the_figure_draws_with_and_without_retrained_runs(tables):
    inversion, stragglers, ablation = tables
    laws = {"yes": planting({}), "no": planting({"q": 0})}
    titles = {"yes": "planted", "no": "none"}
    for rows in (ablation, ablation[:0]):
        table = planted_table(laws, [np.arange(10) < 4, np.zeros(10, bool)], inversion, stragglers, rows, Defining())
        content = Content("D", titles, table)
        draw(content)
        values = caption(content)
        assert values["n_flips"] == 1 and len(values["removals"]) == bool(len(rows))


def test_recall_needs_planted_and_flagged_points():
    none, some = np.zeros(4, bool), np.array([True, False, False, True])
    assert recall_and_precision(some, np.ones(4, bool)) == (0.5, 1)
    assert np.isnan([recall_and_precision(none, some), recall_and_precision(some, none)]).all()


# The claims


@pytest.mark.parametrize(
    ("n_inverted", "bounds"), [(LEAST_RUNS, (1.05, 1.0, 1.1)), (LEAST_RUNS - 1, (1.05, np.nan, np.nan))]
)
def test_claims_hold_the_measured_against_the_closed_form(n_inverted, bounds):
    table = pd.DataFrame(
        {
            "dataset": ["d"],
            "n_inverted": n_inverted,
            "n_planted": 10,
            "closed_form": 0.1,
            "error": 0.1 * bounds[0],
            "ci_low": 0.1 * bounds[1],
            "ci_high": 0.1 * bounds[2],
            "recall": 0.72,
            "recall_closed_form": 0.9,
        }
    )
    evidence = Evidence({"planted": table}, ["d"], Defining(), {})
    assert planted_error(evidence).estimate == pytest.approx(bounds, nan_ok=True)
    estimate = planted_recall(evidence).estimate
    assert estimate.value == pytest.approx(0.8) and np.isnan(estimate.low) == (n_inverted < LEAST_RUNS)
    nothing = Evidence({"planted": table.assign(n_inverted=0)}, ["d"], Defining(), {})
    assert planted_error(nothing).n_runs == planted_recall(nothing).n_runs == 0
    unplanted = Evidence({"planted": table.assign(n_planted=0)}, ["d"], Defining(), {})
    assert planted_recall(unplanted).n_runs == 0
