# What rules ask a cluster for, and which of their jobs it gets together.
from workflow.stragglers.study import resources as estimates
from workflow.stragglers.study.needs import Needs

# A cluster gets jobs in groups, and its jobs another attempt. Local runs have no use for that, and no groups: Snakemake
# would start all jobs of one at once.
submits = workflow.resource_settings.nodes is not None
RETRIES = 2 if submits else 0
GROUPS = ("data", "runs", "retrained", "sets", "linear", "tables")
if submits and not workflow.is_main_process:
    # Within a submission, which is not told how many components it holds, they would run one after another.
    workflow.group_settings.group_components = dict.fromkeys(GROUPS, sys.maxsize)
needs = Needs(study)


def asks(need, trains=False):
    """The resources of a rule: what ``need`` says of its wildcards, more with each attempt; a GPU to train on one."""
    resources = {
        "mem_mb": lambda wildcards, attempt: estimates.mem_mb(need(wildcards), attempt),
        "runtime": lambda wildcards, threads, attempt: estimates.runtime(
            need(wildcards), threads, attempt
        ),
    }
    return resources | ({"gpu": 1} if trains and needs.on_gpu else {})


def submitted_with(group):
    """The group of a rule, whose jobs a cluster gets by the dozen: see profiles/slurm."""
    return group if submits else None


def group_of_run(run):
    """Of what follows a training alone: on both sides of an ablation, it can be in no group with all of its like."""
    return submitted_with("runs" if run.startswith("runs/") else "retrained")
