"""What a study takes, and what one took.

``python -m workflow.cost CONFIG [data_dir=PATH] [device=cuda]`` prints jobs, hours, memory and disk by rule, by the
estimates with which the rules ask a cluster for resources; ``python -m workflow.cost --measured RESULTS ...`` what the
jobs took that left benchmark files in folders, beside what they asked for.
"""

import ast
import sys
from pathlib import Path

import pandas as pd

from workflow.check import checked
from workflow.stragglers.study.needs import Needs
from workflow.stragglers.study.resources import mem_mb, runtime
from workflow.stragglers.study.study import Study
from workflow.stragglers.support.errors import InputError


def study_of(file: str, **changes: str) -> Study:
    """The study of a configuration, whose data may be anywhere; ``changes``: ``data_dir``, ``device``."""
    config = checked(file)
    config["data_dir"] = changes.get("data_dir", config.get("data_dir", "data"))
    config["training"]["device"] = changes.get("device", config["training"].get("device", "auto"))
    return Study(config, reads_data=False)


def estimate(study: Study) -> pd.DataFrame:
    """Jobs, hours, memory and disk by rule, what is asked for beside what is expected."""
    jobs = pd.DataFrame(
        {
            "rule": rule,
            "hours": need.seconds / 3600,
            "asked_core_hours": threads * runtime(need, threads) / 60,
            "longest_minutes": runtime(need, threads),
            "largest_mb": mem_mb(need),
            "disk_gb": need.disk / 1e9,
        }
        for rule, need, threads in Needs(study).jobs()
    )
    by_rule = jobs.groupby("rule", sort=False).agg(
        jobs=("rule", "size"),
        hours=("hours", "sum"),
        asked_core_hours=("asked_core_hours", "sum"),
        longest_minutes=("longest_minutes", "max"),
        largest_mb=("largest_mb", "max"),
        disk_gb=("disk_gb", "sum"),
    )
    by_rule.loc["all"] = by_rule.sum().where(~by_rule.columns.str.startswith("l"), by_rule.max())
    return by_rule.reset_index().astype({"jobs": int, "longest_minutes": int, "largest_mb": int})


def measured(*folders: str) -> pd.DataFrame:
    """What the jobs of each rule took, by the benchmark files below ``folders``, beside what they asked for.

    ``memory_share`` and ``time_share`` are the largest of what one job took over what it asked for; of time it is the
    processor's, as on a busy machine all other is longer. A rule has no row if all its jobs were over before Snakemake
    looked at them.
    """
    files = sorted(file for folder in folders for file in Path(folder).rglob("*.tsv"))
    parts = [pd.read_csv(file, sep="\t") for file in files]
    # Those of other profiles do not say of which rule they are.
    parts = [part for part in parts if {"rule_name", "resources"} <= {*part}]
    if not parts:
        raise InputError(f"{' and '.join(folders)} has no benchmark files (run a study first)")
    jobs = pd.concat(parts, ignore_index=True)
    asked = pd.DataFrame(jobs["resources"].map(ast.literal_eval).tolist())
    jobs = jobs.assign(
        asked_mb=asked["mem_mb"],
        asked_minutes=asked["runtime"],
        memory_share=jobs["max_rss"] / asked["mem_mb"],
        time_share=jobs["cpu_time"] / jobs["threads"] / (60 * asked["runtime"]),
    )
    looked_at = jobs.groupby("rule_name")["cpu_time"].transform("max") > 0
    return (
        jobs[looked_at]
        .groupby("rule_name")
        .agg(
            jobs=("s", "size"),
            longest_seconds=("s", "max"),
            cpu_seconds=("cpu_time", "max"),
            asked_minutes=("asked_minutes", "max"),
            time_share=("time_share", "max"),
            largest_mb=("max_rss", "max"),
            asked_mb=("asked_mb", "max"),
            memory_share=("memory_share", "max"),
        )
        .round({"longest_seconds": 0, "largest_mb": 0})
        .astype({"longest_seconds": int, "largest_mb": int})
        .reset_index()
        .rename(columns={"rule_name": "rule"})
    )


def main(first: str, *rest: str) -> pd.DataFrame:
    if first == "--measured":
        return measured(*rest)
    changes = dict(change.partition("=")[::2] for change in rest)
    if unknown := [key for key in changes if key not in ("data_dir", "device")]:
        raise InputError(f"{unknown[0]} is not known here (take data_dir=PATH or device=cuda)")
    return estimate(study_of(first, **changes))


if __name__ == "__main__":
    try:
        print(main(*sys.argv[1:]).to_string(index=False, float_format="{:.3g}".format))
    except InputError as error:
        sys.exit(f"Error: {error}")
