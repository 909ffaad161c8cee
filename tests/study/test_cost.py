from importlib.util import find_spec

import pandas as pd
import pytest
import yaml
from project import REPOSITORY, TINY
from test_questions import EXTRAS, STUDIES

from workflow.cost import estimate, main, measured, study_of
from workflow.stragglers.support.errors import InputError


def write(config, path):
    path.write_text(yaml.safe_dump(config), encoding="utf-8")
    return str(path)


@pytest.fixture
def file(tmp_path):
    return write(TINY, tmp_path / "study.yaml")


def test_an_estimate_has_a_row_a_rule_and_their_sum(file):
    table = estimate(study_of(file)).set_index("rule")
    assert table.loc["train", "jobs"] == 3 and table.loc["all", "jobs"] == table["jobs"].iloc[:-1].sum()
    assert table.loc["all", "largest_mb"] == table["largest_mb"].iloc[:-1].max()
    # What is asked for is more than what is expected.
    assert (table["asked_core_hours"] > table["hours"]).all()


@pytest.mark.parametrize("question", [None, *STUDIES])
def test_the_jobs_of_an_estimate_are_those_that_snakemake_plans(fresh, question):
    study = TINY if question is None else STUDIES[question] | {"question": question}
    estimated = estimate(study_of(write(study, fresh.folder / "estimated.yaml"))).set_index("rule")["jobs"]
    if any(find_spec(module) is None for module in EXTRAS.get(question, ())):
        pytest.skip("what the question needs is not installed: Snakemake plans none of its jobs")
    planned = fresh.plan(study)
    assert {rule: planned.get(rule) for rule in estimated.index[:-1]} == dict(estimated.iloc[:-1])


def test_a_gpu_takes_less(file):
    mnist = str(REPOSITORY / "config/mnist.yaml")
    on_cores, on_gpus = (main(mnist, f"device={device}").set_index("rule") for device in ("cpu", "cuda"))
    assert on_gpus.loc["ablate", "hours"] < on_cores.loc["ablate", "hours"] / 5


def test_what_a_study_took_is_read_from_its_benchmark_files(finished):
    table = measured(str(finished.folder / "results")).set_index("rule")
    planned = {"train": 3, "ablate": 1, "inversion": 4, "observables": 4, "stragglers": 3, "linear": 1, "page": 1}
    assert {rule: table.loc[rule, "jobs"] for rule in planned} == planned
    assert (table["memory_share"] < 1).all()
    assert (table["largest_mb"] < table["asked_mb"]).all() and (table["time_share"] > 0).all()


def test_files_that_say_no_rule_are_left_out(finished, tmp_path):
    (tmp_path / "old.tsv").write_text("s\tmax_rss\n1\t100\n", encoding="utf-8")
    with pytest.raises(InputError, match="has no benchmark files"):
        measured(str(tmp_path))
    results = str(finished.folder / "results")
    pd.testing.assert_frame_equal(measured(str(tmp_path), results), measured(results))


def test_a_rule_whose_jobs_were_too_short_to_be_looked_at_has_no_row(finished, tmp_path):
    (file,) = (finished.folder / "results").rglob("page.tsv")
    job = pd.read_csv(file, sep="\t")
    for name, seconds in (("page", 3.0), ("short", 0.0)):
        short = job.assign(rule_name=name, cpu_time=seconds)
        short.to_csv(tmp_path / f"{name}.tsv", sep="\t", index=False)
    assert measured(str(tmp_path))["rule"].tolist() == ["page"]


def test_a_folder_without_a_study_is_named(tmp_path):
    with pytest.raises(InputError, match="has no benchmark files"):
        measured(str(tmp_path))


def test_what_is_no_change_is_named():
    with pytest.raises(InputError, match="--config is not known here"):
        main(str(REPOSITORY / "config/config.yaml"), "--config", "data_dir=here")
