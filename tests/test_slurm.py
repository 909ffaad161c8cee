"""A study on a cluster, against the same study here: `make test-slurm`."""

import re

import cluster
import pandas as pd
import pytest
from project import TINY, Project

pytestmark = pytest.mark.slurm

ON_THIS_NODE = (
    *("--workflow-profile", "profiles/slurm", "--cores", "2"),
    # Without accounting, and without waiting for it.
    *("--slurm-status-command", "squeue", "--slurm-init-seconds-before-status-checks", "3", "--slurm-no-account"),
)


@pytest.fixture(scope="module")
def submitted(tmp_path_factory):
    """The small study after it ran on the cluster, and what Snakemake said."""
    if reason := cluster.missing():
        pytest.skip(reason)
    project = Project(tmp_path_factory.mktemp("slurm") / "project")
    with cluster.cluster(tmp_path_factory.mktemp("cluster")):
        done = project.snakemake(TINY, *ON_THIS_NODE)
        assert done.returncode == 0, done.stdout + done.stderr
        yield project, done.stdout + done.stderr


def test_every_table_is_that_of_a_local_run(submitted, finished):
    project, _ = submitted
    tables = sorted((finished.folder / "results/tiny/tables").glob("*.parquet"))
    assert tables
    for table in tables:
        there = project.folder / table.relative_to(finished.folder)
        pd.testing.assert_frame_equal(pd.read_parquet(there), pd.read_parquet(table))
        assert there.read_bytes() == table.read_bytes(), table.name


def test_all_jobs_but_the_target_go_to_the_cluster_in_few_submissions(submitted):
    _, said = submitted
    (n_jobs,) = map(int, re.findall(r"^total +(\d+)$", said, re.M)[:1])
    n_submitted = len(set(re.findall(r"has been submitted with SLURM jobid (\d+)", said)))
    assert n_jobs > 40 and n_submitted == 6


def test_the_same_command_finds_nothing_to_do(submitted):
    project, _ = submitted
    again = project.snakemake(TINY, *ON_THIS_NODE)
    assert again.returncode == 0 and "Nothing to be done" in again.stdout + again.stderr


def test_here_or_there_is_no_reason_to_run_anything_again(submitted):
    project, _ = submitted
    assert project.plan() == {}
