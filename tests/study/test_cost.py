import pytest
import yaml
from project import REPOSITORY, TINY

from workflow.cost import estimate, main, measured, study_of
from workflow.stragglers.support.errors import InputError


@pytest.fixture
def file(tmp_path):
    (tmp_path / "study.yaml").write_text(yaml.safe_dump(TINY), encoding="utf-8")
    return str(tmp_path / "study.yaml")


def test_an_estimate_has_a_row_a_rule_and_their_sum(file):
    table = estimate(study_of(file)).set_index("rule")
    assert table.loc["train", "jobs"] == 3 and table.loc["all", "jobs"] == table["jobs"].iloc[:-1].sum()
    assert table.loc["all", "largest_mb"] == table["largest_mb"].iloc[:-1].max()
    # What is asked for is more than what is expected.
    assert (table["asked_core_hours"] > table["hours"]).all()


def test_a_gpu_takes_less(file):
    mnist = str(REPOSITORY / "config/mnist.yaml")
    on_cores, on_gpus = (main(mnist, f"device={device}").set_index("rule") for device in ("cpu", "cuda"))
    assert on_gpus.loc["ablate", "hours"] < on_cores.loc["ablate", "hours"] / 5


def test_what_a_study_took_is_read_from_its_benchmark_files(finished):
    table = measured(str(finished.folder / "results")).set_index("rule_name")
    planned = {"train": 3, "ablate": 1, "inversion": 4, "observables": 4, "stragglers": 3, "linear": 1, "page": 1}
    assert {rule: table.loc[rule, "jobs"] for rule in planned} == planned
    assert (table["memory_share"] < 1).all()


def test_a_folder_without_a_study_is_named(tmp_path):
    with pytest.raises(InputError, match="has no benchmark files"):
        measured(str(tmp_path))
