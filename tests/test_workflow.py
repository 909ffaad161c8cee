"""The workflow as a user runs it: a small study from end to end, and what each change to it plans."""

import copy
import re
import shutil
from contextlib import ExitStack

import numpy as np
import pandas as pd
import pytest
import yaml
from conftest import own
from project import EPOCHS, REPOSITORY, TINY, Project, changed, without_ablations

from workflow.stragglers.support import columns
from workflow.stragglers.support.sealed import seal_of, sealed, write_table

ADDRESS = ["dataset", "source", "task", "subset", "network", "layer", "optimizer"]
CONTRACT = {
    "dynamics": [*ADDRESS, "seed", "removed", "epoch", "train_error", "test_error", "R_minus", "R_plus", "D"],
    "inversion": [*ADDRESS, "seed", "removed", "observable", "found", "epoch", "train_error", "test_error", "value"],
    "stragglers": [*ADDRESS, "sample_id", "class", "label", "n_runs", "straggler_rate", "consensus"],
    "conservation": [
        *ADDRESS,
        *("alignment", "epoch", "train_error", "n_runs", "mean_common", "expected_common", "sd_common", "sd_null"),
        *("z", "jaccard"),
    ],
    "overlap": [
        *("dataset", "source", "task", "subset", "network_a", "optimizer_a", "network_b", "optimizer_b"),
        *("n_pairs", "mean_common", "expected_common", "z", "jaccard"),
    ],
    "ablation": [
        *ADDRESS,
        *("seed", "draw", "removed", "removed_fraction", "removed_error", "n_removed", "sigma", "test_error"),
        "inversion_found",
    ],
    "claims": [
        *("claim", "statement", "figure", "dataset", "statistic", "value", "ci_low", "ci_high", "threshold"),
        "verdict",
    ],
}
SINGLE = without_ablations("0")
FIGURES = ("fig1_dynamics", "fig2_stragglers", "fig3_universality")


# Products


@pytest.mark.parametrize("name", CONTRACT)
def test_each_table_has_its_columns(finished, name):
    table = finished.table(name)
    assert set(CONTRACT[name]) <= set(table) and len(table)


def test_dynamics_have_a_row_per_run_and_epoch(finished):
    table = finished.table("dynamics")
    untouched = table[table["removed"] == "none"]
    assert len(untouched) == 3 * 3 * (EPOCHS + 1)
    assert not table.duplicated(["network", "optimizer", "layer", "seed", "removed", "draw", "epoch"]).any()
    assert table[["train_error", "R_minus", "R_plus", "D"]].notna().all(axis=None)
    assert untouched["test_error"].notna().sum() == 3 * 3 * (EPOCHS // 10 + 1)


def test_tables_have_the_columns_that_are_declared(finished):
    tables = {file.stem for file in (finished.folder / "results/tiny/tables").glob("*.parquet")}
    assert len(tables) > 10
    for name in tables:
        declared = list(getattr(columns, name.upper()))
        given = list(finished.table(name))
        # Observables, of which there may be any number, stand last.
        assert given == declared or name == "dynamics" and given[: len(declared)] == declared, name


def test_inversions_have_a_row_per_run_and_observable(finished):
    table = finished.table("inversion").query("removed == 'none'")
    assert len(table) == 3 * 3 * 4
    assert not table.duplicated(["network", "optimizer", "seed", "observable"]).any()
    assert (table["epoch"].notna() == table["found"]).all()
    # Adam turns early and sharply on these data; without any inversion the rest would be empty.
    assert table.query("optimizer == 'adam' and observable == 'D'")["found"].all()


def test_inversion_errors_are_those_of_the_dynamics(finished):
    found = finished.table("inversion").query("found and removed == 'none'").astype({"epoch": int})
    key = ["network", "optimizer", "seed", "epoch"]
    joined = found.merge(finished.table("dynamics").query("removed == 'none'"), on=key, suffixes=("", "_then"))
    assert len(joined) == len(found) and (joined["train_error"] == joined["train_error_then"]).all()


def test_stragglers_have_a_row_per_training_point_of_the_raw_split(finished):
    table = finished.table("stragglers")
    assert len(table) == 3 * 300
    for _, cell in table.groupby(["network", "optimizer"]):
        assert cell["sample_id"].tolist() == list(range(300))
    from sklearn.datasets import load_digits

    assert (table["class"] == load_digits().target[table["sample_id"]]).all()
    assert (table["label"] == np.where(table["class"] % 2, 1, -1)).all()


def test_mean_straggler_rate_is_the_mean_inversion_error(finished):
    stragglers = finished.table("stragglers").query("optimizer == 'adam'")
    inverted = finished.table("inversion").query("optimizer == 'adam' and observable == 'D' and found")
    assert stragglers["n_runs"].unique().tolist() == [len(inverted)]
    assert stragglers["straggler_rate"].mean() == pytest.approx(inverted["train_error"].mean(), abs=1e-6)


def test_conservation_has_a_row_per_epoch_and_alignment(finished):
    counts = finished.table("conservation").groupby(["network", "optimizer", "alignment"]).size().unstack()
    assert (counts["epoch"] == EPOCHS + 1).all() and (counts["train_error"] == 40).all() and len(counts) == 3


def test_overlap_has_a_row_per_pair_of_cells(finished):
    assert len(finished.table("overlap")) == 6


def test_ablations_repeat_each_run_with_its_removals(finished):
    table = finished.table("ablation")
    inverted = finished.table("inversion").query(
        "removed == 'none' and observable == 'D' and network == 'reference' and optimizer == 'gd'"
    )
    n_inverted = int(inverted["found"].sum())
    counts = table[table["sigma"] == 0]["removed"].value_counts().to_dict()
    expected = {
        "none": 3,
        "stragglers": n_inverted,
        "random": 3 * n_inverted,
        "uniform": 3 * n_inverted,
        "misclassified_at": 9,
    }
    assert counts == {kind: count for kind, count in expected.items() if count}
    assert set(table["sigma"]) == {0, 1}


def test_a_repeated_run_without_removal_is_the_run_itself(finished):
    repeated = finished.table("ablation").query("removed == 'none' and sigma == 0").set_index("seed")["test_error"]
    last = finished.table("dynamics").query(
        f"removed == 'none' and epoch == {EPOCHS} and network == 'reference' and optimizer == 'gd'"
    )
    assert repeated.to_dict() == last.set_index("seed")["test_error"].to_dict()


def test_removals_name_what_they_removed(finished):
    table = finished.table("ablation")
    stragglers = table[table["removed"] == "stragglers"]
    assert (table["n_removed"] / 300 == table["removed_fraction"]).all()
    assert np.allclose(stragglers["removed_error"], stragglers["removed_fraction"], atol=1e-6)


def test_figures_and_claims_are_there(finished):
    for name in FIGURES:
        for suffix in ("pdf", "png"):
            assert (finished.folder / f"results/tiny/figures/{name}.{suffix}").stat().st_size > 1000
    claims = pd.read_csv(finished.folder / "results/tiny/tables/claims.csv")
    assert set(claims["verdict"]) <= {"reproduced", "not reproduced", "inconclusive"}


def test_every_product_bears_its_seal(finished):
    files = [
        file for file in (finished.folder / "results").rglob("[!.]*") if file.is_file() and "logs" not in file.parts
    ]
    # Snakemake itself writes the report.
    products = [file for file in files if file.name != "report.html"]
    assert len(products) > 50
    for file in products:
        assert seal_of(sealed(file)).is_file(), file


def test_the_report_says_which_versions_trained_the_runs(finished):
    runs = [pd.read_parquet(file) for file in (finished.folder / "results").rglob("runs.parquet")]
    (software,) = {version for table in runs for version in table["software"]}
    page = (finished.folder / "results/tiny/pages/software.html").read_text(encoding="utf-8")
    assert f"All runs were trained by one set of versions: {software} ({sum(map(len, runs))} runs)." in page


# What a change plans


def test_a_finished_study_has_nothing_to_do(finished):
    assert finished.plan() == {}


def test_a_block_of_seeds_trains_that_block_only(finished):
    plan = finished.plan(changed("runs.0.seeds", ["0-2", "3-4"]))
    assert plan["train"] == 1 and "ablate" not in plan and "prepare" not in plan


def test_an_optimizer_trains_that_optimizer_only(finished):
    config = changed("runs.2.optimizers", ["adam", "slow"])
    config["optimizers"]["slow"] = {"lr": 0.01}
    plan = finished.plan(config)
    assert plan["train"] == 1 and "ablate" not in plan and "prepare" not in plan


def test_a_dataset_is_prepared_and_trained_alone(finished):
    config = changed("datasets.second", {"source": "digits", "subset": {"block": 1, "size": 300}})
    config["runs"].append({"datasets": ["second"], "seeds": ["0-2"]})
    plan = finished.plan(config)
    assert plan["prepare"] == 1 and plan["train"] == 1 and "ablate" not in plan


def test_wrong_labels_are_planted_by_a_rule_of_their_own_and_known_again(fresh):
    config = without_ablations("0-1")
    config["datasets"]["digits"]["flips"] = 0.1
    assert fresh.plan(config, "--until", "train") == {"flipped": 1, "train": 1}
    fresh.run(config, "--until", "train")
    assert fresh.plan(config, "--until", "train") == {}
    (file,) = (fresh.folder / "results/runs").glob("*/dataset.npz")
    with np.load(file) as dataset:
        assert dataset["planted"].sum() == 30


@pytest.mark.parametrize(
    ("path", "value", "train", "ablate"),
    [
        ("optimizers.gd.lr", 0.21, 2, 1),
        ("optimizers.adam.lr", 0.011, 1, 0),
        ("networks.relu.width", 6, 1, 0),
        ("training.epochs", EPOCHS + 1, 3, 1),
        ("ablations.0.grid", 4, 0, 1),
        ("inversion", {"burn_in": 6}, 0, 1),
        ("inversion", {"observable": "R_minus"}, 0, 1),
        ("datasets.digits.title", "Handwritten digits", 0, 0),
        ("networks.relu.title", "Rectified", 0, 0),
        ("optimizers.gd.title", "Gradient descent", 0, 0),
    ],
)
def test_a_changed_setting_trains_what_it_touches(finished, path, value, train, ablate):
    plan = finished.plan(changed(path, value))
    assert (plan.get("train", 0), plan.get("ablate", 0), plan.get("prepare", 0)) == (train, ablate, 0)
    if "burn_in" in str(value):
        assert plan["inversion"] == 4


# A page of the report quotes the configuration as it was written: it alone follows a rewording.
QUOTES = {"provenance": 1}


@pytest.mark.parametrize(
    ("path", "value"), [("training.threads", 2), ("training.device", "auto"), ("training.checkpoint_seconds", 0)]
)
def test_where_and_how_fast_it_runs_plans_no_computation(finished, path, value):
    assert finished.plan(changed(path, value)) == QUOTES


def test_another_order_of_keys_plans_nothing(finished):
    def reversed_keys(node):
        return {key: reversed_keys(node[key]) for key in reversed(node)} if isinstance(node, dict) else node

    assert finished.plan(reversed_keys(TINY)) == {}


def test_defaults_written_out_plan_no_computation(finished):
    config = copy.deepcopy(TINY)
    config["data_dir"] = "data"
    config["datasets"]["digits"]["task"] = "parity"
    config["networks"]["reference"] = {"width": 20, "depth": 2, "activation": "tanh"}
    config["optimizers"]["gd"] |= {"algorithm": "SGD", "batch_seed": 0}
    config["training"] |= {"test_every": 10, "dtype": "float32", "threads": 1}
    config["runs"][0] |= {"networks": ["reference"], "optimizers": ["gd"]}
    schema = yaml.safe_load((REPOSITORY / "workflow/schemas/config.schema.yaml").read_text(encoding="utf-8"))[
        "properties"
    ]
    for section, written in (("inversion", schema["inversion"]), ("ablations", schema["ablations"]["items"])):
        defaults = {key: entry["default"] for key, entry in written["properties"].items() if "default" in entry}
        if section == "inversion":
            config["inversion"] = defaults
        else:
            config["ablations"][0] = defaults | config["ablations"][0]
    assert finished.plan(config) == QUOTES


WORDS = [
    ("workflow/stragglers/training/ensemble.py", "        # Whole bytes", "        # More words. Whole bytes"),
    ("workflow/stragglers/training/ensemble.py", '"""The runs that train', '"""All runs that train'),
    ("workflow/stragglers/geometry/inversion.py", "    # Noise may", "\n    # Some noise may"),
    ("workflow/scripts/train.py", "with job_log", "# A remark.\nwith job_log"),
    ("workflow/rules/training.smk", "rule train:", "# A remark.\nrule train:"),
]


def test_words_plan_nothing(finished):
    # In one plan: a job that any of them planned would be in it.
    with ExitStack() as edits:
        for path, old, new in WORDS:
            edits.enter_context(finished.edited(path, old, new))
        assert finished.plan() == {}


def test_a_study_is_held_to_the_claims_that_it_names(finished):
    (finished.folder / "own.yaml").write_text(
        "non_monotonic: {statement: It turns., source: ours, figure: –, statistic: n, at_least: 0.7, reason: most}\n",
        encoding="utf-8",
    )
    try:
        # The one figure that shows what a claim says does no more.
        planned = finished.plan(changed("claims", "own.yaml"))
        assert set(planned) == {"claims", "figure", "page", "provenance"} and planned["figure"] == 1
        finished.run(changed("claims", "own.yaml"), "results/tiny/tables/claims.parquet")
        assert finished.table("claims")["claim"].tolist() == ["non_monotonic"]
    finally:
        finished.run(TINY)


def test_a_study_without_claims_asks_for_none(finished):
    config = changed("claims", False)
    assert set(finished.plan(config)) == {"figure", "page", "provenance"}
    done = finished.snakemake(config, "--dry-run", "results/tiny/tables/claims.parquet")
    assert "MissingRuleException" in done.stdout + done.stderr


def test_a_caption_plans_its_figure_at_most(finished):
    with finished.edited("workflow/report/fig1_dynamics.rst", " ", "  "):
        assert finished.plan() in ({}, {"figure": 1})


@pytest.mark.parametrize(
    ("path", "old", "new", "expected"),
    [
        (
            "training/ensemble.py",
            "loss / self.n_kept}",
            "2 * loss / self.n_kept}",
            {"prepare": 0, "train": 3, "ablate": 1},
        ),
        ("training/dense.py", "n_in**-0.5", "n_in**-0.6", {"prepare": 0, "train": 3, "ablate": 1}),
        ("data/sources.py", "DIGITS_TRAIN = 1500", "DIGITS_TRAIN = 1501", {"prepare": 1, "train": 3, "ablate": 1}),
        ("geometry/inversion.py", "1.4826", "1.4827", {"prepare": 0, "train": 0, "inversion": 4, "ablate": 1}),
        (
            "geometry/manifolds.py",
            "square = 1 -",
            "square = 2 -",
            {"train": 0, "observables": 4, "inversion": 4, "ablate": 1},
        ),
        (
            "geometry/observables.py",
            "clip(cosine",
            "clip(2 * cosine",
            {"train": 0, "observables": 4, "inversion": 0, "ablate": 0},
        ),
    ],
    ids=["trainer", "dense networks", "datasets", "inversion", "geometry", "observables"],
)
def test_a_changed_formula_reruns_what_computes_with_it(finished, path, old, new, expected):
    with finished.edited(f"workflow/stragglers/{path}", old, new):
        plan = finished.plan()
    assert {rule: plan.get(rule, 0) for rule in expected} == expected


def test_a_deleted_table_is_made_from_what_is_there(finished):
    table = finished.folder / "results/tiny/tables/dynamics.parquet"
    away = table.with_name("away")
    table.rename(away)
    try:
        plan = finished.plan()
    finally:
        away.rename(table)
    assert plan["table"] == 1 and not {"prepare", "train", "observables", "ablate"} & set(plan)


def test_runs_of_other_versions_are_told_of(finished, tmp_path):
    file = next((finished.folder / "results/runs").rglob("runs.parquet"))
    kept, seal = (shutil.copy2(path, tmp_path) for path in (file, seal_of(file)))
    write_table(pd.read_parquet(file).assign(software="torch 1.0, numpy 1.0"), file)
    try:
        plan = finished.plan()
    finally:
        shutil.copy2(kept, file)
        shutil.copy2(seal, seal_of(file))
    assert plan["provenance"] == 1 and "train" not in plan


# Studies beside each other


def test_studies_share_the_runs_that_mean_the_same(finished):
    plan = finished.plan(changed("study", "second"))
    assert not {"prepare", "train"} & set(plan) and plan["ablate"] == 1


def test_a_study_inherits_nothing_from_the_default_one(fresh):
    plan = fresh.plan(without_ablations("0-2"))
    assert plan["prepare"] == plan["train"] == 1 and "ablate" not in plan


def test_the_default_study_needs_no_configfile(fresh):
    default = yaml.safe_load((REPOSITORY / "config/config.yaml").read_text(encoding="utf-8"))
    assert fresh.plan(None)["prepare"] == len(default["datasets"])


def test_the_data_folder_can_be_given_on_the_command_line(fresh):
    config = changed("datasets.digits", {"source": "npz", "file": "own.npz"})
    elsewhere = fresh.folder / "elsewhere"
    elsewhere.mkdir()
    own(elsewhere)
    assert fresh.plan(config, "--config", "data_dir=elsewhere")["prepare"] == 1


# Faults


def failure(project, config, *options):
    """What a study that cannot run says."""
    done = project.snakemake(config, *(options or ("--dry-run",)))
    text = done.stdout + done.stderr
    assert done.returncode != 0 and "Traceback" not in text, text
    return text


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("training.epoch", 3, "'epoch' was unexpected"),
        ("optimizers.gd.lr", -0.1, "config, optimizers.gd.lr: -0.1 is less than"),
        ("optimizers.gd.lr", "1e-3", "(YAML needs a point and a sign in such a number: 1.0e-3)"),
        ("runs.0.datasets", ["digitz"], "runs.0.datasets: 'digitz' is not defined"),
        ("claims", "nowhere.yaml", "nowhere.yaml: cannot be read: No such file"),
        ("claims", "study.yaml", "study.yaml, training: Additional properties"),
        ("datasets.digits", {"source": "npz", "file": "own.npz"}, "datasets.digits: `file: own.npz` is not in"),
    ],
)
def test_a_mistake_in_the_study_is_named_without_a_traceback(finished, path, value, message):
    assert message in failure(finished, changed(path, value))


def test_a_study_that_is_no_yaml_says_so(finished):
    assert "not valid JSON or YAML" in failure(finished, "study: [tiny\n")


def test_more_points_than_the_data_have_stop_a_study_before_anything_runs(fresh):
    text = failure(fresh, changed("datasets.digits.subset", {"first": 1501}), "--cores", "2")
    assert "datasets.digits: `subset` {'first': 1501} needs 1501 training samples" in text and "have 1500" in text
    assert not list((fresh.folder / "results").rglob("*.npz"))


def test_a_damaged_own_file_stops_a_study_before_it_trains(fresh):
    (fresh.folder / "data").mkdir()
    (fresh.folder / "data/own.npz").write_bytes(b"PK")
    text = failure(fresh, changed("datasets.digits", {"source": "npz", "file": "own.npz"}), "--cores", "2")
    assert "own.npz cannot be read" in text
    assert not list((fresh.folder / "results").rglob("runs.parquet"))


@pytest.fixture(scope="module")
def single(tmp_path_factory):
    """A project with the study of one run without ablations."""
    project = Project(tmp_path_factory.mktemp("single") / "project")
    project.run(SINGLE)
    return project


def test_a_study_of_one_run_without_ablations_is_drawn(single):
    # Its tables of pairs and of ablations have no rows.
    assert len(single.table("ablation")) == 0
    figures = {file.name for file in (single.folder / "results/tiny/figures").glob("*.png")}
    assert "figs5_factors.png" in figures and "figs4_removal.png" not in figures


@pytest.fixture
def damaged(single, tmp_path):
    """A copy of it to damage."""
    return Project(tmp_path / "project", results=single.folder)


def test_a_damaged_table_is_made_again_from_what_is_there(damaged):
    table, target = damaged.folder / "results/tiny/tables/stragglers.parquet", "results/tiny/tables/nested.parquet"
    whole = table.read_bytes()
    (damaged.folder / target).unlink()
    table.write_bytes(whole[:100] + bytes([whole[100] ^ 1]) + whole[101:])
    assert "stragglers.parquet is damaged" in failure(damaged, SINGLE, "--cores", "2", target)
    table.unlink()
    assert damaged.plan(SINGLE, target) == {"table": 1, "derived": 1}
    damaged.run(SINGLE, target)
    assert table.read_bytes() == whole


def test_a_damaged_result_is_named_with_the_remedy(damaged):
    target = "results/tiny/tables/dynamics.parquet"
    (sets,) = (damaged.folder / "results").rglob("misclassified.npy")
    for file in (damaged.folder / "results/tiny").rglob("*.parquet"):
        file.unlink()
    whole = sets.read_bytes()
    sets.write_bytes(whole[: len(whole) // 2])
    text = failure(damaged, SINGLE, "--cores", "2", target)
    assert re.search(r"misclassified\.npy is damaged: .*; delete it, then run again the command that made it", text)
    sets.unlink()
    assert damaged.plan(SINGLE, target) == {"train": 1, "observables": 1, "table": 1}
    damaged.run(SINGLE, target)
    assert sets.read_bytes() == whole


# Own data without a file


@pytest.fixture(scope="module")
def own_digits(tmp_path_factory):
    """A project with digits as a folder of images, a tenth of them in a wrong class."""
    from PIL import Image
    from sklearn.datasets import load_digits

    project = Project(tmp_path_factory.mktemp("own") / "project")
    digits, rng = load_digits(), np.random.default_rng(0)
    for number, (pixels, kind) in enumerate(zip(digits.images[:600] * 15, digits.target % 2, strict=False)):
        flipped = rng.random() < 0.1
        file = project.folder / f"my digits/{('even', 'odd')[kind ^ flipped]}/{number}{'_flipped' * flipped}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels.astype(np.uint8)).save(file)
    return project


LISTING = ("results/{0}/stragglers.csv", "results/{0}/stragglers.parquet")
SHORT = "training={epochs: 400, device: cpu}"


def test_a_folder_of_images_becomes_a_list_of_its_stragglers(own_digits):
    files = [file.format("my_digits") for file in LISTING]
    options = ("--config", "data=my digits", SHORT, "optimizers={gd: {lr: 0.5}}", "--", *files)
    done = own_digits.run(None, *options)
    assert "Study my_digits: the folder my digits, every class told apart" in done.stderr
    said = r"[1-9]\d* of 10 runs inverted within 400 epochs, .* of 480 training samples"
    assert re.search(said, done.stdout), done.stdout
    table = pd.read_csv(own_digits.folder / files[0])
    assert list(table) == list(columns.LISTING) and len(table) == 480
    assert table["straggler_rate"].is_monotonic_decreasing
    flipped = table["file"].str.contains("_flipped")
    assert flipped[:48].sum() > 0.7 * flipped.sum()
    wrong = table[:10]
    assert (wrong["suggested_class"] != wrong["class"]).all() and set(table["class"]) == {"even", "odd"}
    images = pd.read_parquet(own_digits.folder / files[1])["image"]
    assert [image["path"] for image in images] == table["file"].tolist()
    assert own_digits.plan(None, *options) == {}


def test_a_changed_image_is_another_dataset(own_digits):
    target = LISTING[0].format("my_digits")
    options = ("--config", "data=my digits", SHORT, "optimizers={gd: {lr: 0.5}}", "--", target)
    (own_digits.folder / "my digits/odd/1.png").rename(own_digits.folder / "my digits/even/1.png")
    plan = own_digits.plan(None, *options)
    assert plan == dict.fromkeys(("own", "train_until", "inversion", "stragglers", "predictions", "listing"), 1)


def test_where_nothing_inverts_a_run_ends_in_what_to_try(own_digits):
    files = [file.format("iris") for file in LISTING]
    done = own_digits.run(None, "--config", "data=iris", "training={epochs: 20, device: cpu}", "--", *files)
    assert "No run of 10 inverted within 20 epochs" in done.stdout and "epochs: 100" in done.stdout
    table = pd.read_csv(own_digits.folder / files[0])
    assert table["straggler_rate"].isna().all() and set(table["class"]) == {"setosa", "versicolor", "virginica"}


def test_own_data_and_a_file_of_a_study_do_not_go_together(own_digits):
    text = failure(own_digits, TINY, "--dry-run", "--config", "data=iris")
    assert "Error: data: makes a study of its own (leave out --configfile" in text
