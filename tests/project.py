"""A project of its own to run Snakemake in, and the small study of the tests that do."""

import copy
import os
import re
import shutil
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
import yaml

REPOSITORY = Path(__file__).parents[1]
EPOCHS = 120
TINY = {
    "study": "tiny",
    "datasets": {"digits": {"source": "digits", "subset": {"first": 300}}},
    "networks": {"reference": {}, "relu": {"activation": "relu", "width": 5}},
    "optimizers": {"gd": {"lr": 0.2}, "adam": {"algorithm": "Adam", "lr": 0.01}},
    "training": {"epochs": EPOCHS, "device": "cpu"},
    "runs": [
        {"datasets": ["digits"], "seeds": ["0-2"]},
        {"datasets": ["digits"], "networks": ["relu"], "seeds": ["0-2"]},
        {"datasets": ["digits"], "optimizers": ["adam"], "seeds": ["0-2"]},
    ],
    "ablations": [{"datasets": ["digits"], "seeds": ["0-2"], "grid": 3}],
}
SMALLEST = {
    "study": "tiny",
    "datasets": {"digits": {"source": "digits", "subset": {"first": 200}}},
    "networks": {"reference": {}},
    # With it some runs invert this early, so that there are stragglers to remove.
    "optimizers": {"gd": {"algorithm": "Adam", "lr": 0.01}},
    "training": {"epochs": 100, "device": "cpu"},
    "runs": [{"datasets": ["digits"], "seeds": ["0-2"]}],
    "ablations": [{"datasets": ["digits"], "seeds": ["0-2"], "grid": 2, "random_draws": 1}],
}
UNDRAWN = ("--omit-from", *("figure", "page", "predictions", "detection", "exemplars", "linear_table", "overlap"))
"""A study without what takes longest and follows from its trainings and tables."""


def users_environment():
    """That of a user's shell: without what make and Snakemake hand on to what they start, here the tests."""
    return {key: value for key, value in os.environ.items() if not key.startswith(("MAKE", "MFLAGS", "SNAKEMAKE"))}


class Project:
    """A copy of the repository in a folder of its own, so that its code can be edited.

    ``results``: the folder of a project, of which this one has all that was run in it, too.
    """

    def __init__(self, folder, results=None):
        self.folder = Path(folder)
        if results:
            shutil.copytree(results, self.folder, symlinks=True)
        for part in ("workflow", "profiles", "config", "envs", "networks"):
            ignore = shutil.ignore_patterns("__pycache__")
            shutil.copytree(REPOSITORY / part, self.folder / part, ignore=ignore, dirs_exist_ok=True)
        shutil.copy2(REPOSITORY / "Snakefile", self.folder)
        # Neither a user's profiles nor a cache from elsewhere may change what is planned.
        caches = dict.fromkeys(("XDG_CONFIG_HOME", "XDG_CACHE_HOME"), str(self.folder / ".xdg"))
        self.environment = users_environment() | caches

    def command(self, config, *options):
        arguments = ["--nocolor", *options]
        if config is not None:
            path = self.folder / "study.yaml"
            path.write_text(
                config if isinstance(config, str) else yaml.safe_dump(config, sort_keys=False), encoding="utf-8"
            )
            arguments += ["--configfile", path.name]
        return [sys.executable, "-m", "snakemake", *arguments]

    def snakemake(self, config, *options):
        return subprocess.run(
            self.command(config, *options),
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
        )

    def run(self, config, *options):
        done = self.snakemake(config, "--cores", "2", *options)
        assert done.returncode == 0, done.stdout + done.stderr
        return done

    def plan(self, config=TINY, *options):
        """Jobs that a dry run plans: rule -> count, without `all`."""
        done = self.snakemake(config, "--dry-run", *options)
        text = done.stdout + done.stderr
        assert done.returncode == 0, text
        if "Nothing to be done" in text:
            return {}
        stats = re.search(r"^job +count\n-+ +-+\n(.*?)\n\n", text, re.S | re.M)[1]
        jobs = {rule: int(count) for rule, count in (line.split() for line in stats.splitlines())}
        del jobs["total"]
        jobs.pop("all", None)
        return jobs

    @contextmanager
    def edited(self, path, old, new):
        """A file with a text replaced, as it was again afterwards."""
        path = self.folder / path
        before, stat = path.read_text(encoding="utf-8"), path.stat()
        assert old in before
        try:
            path.write_text(before.replace(old, new, 1), encoding="utf-8")
            yield
        finally:
            path.write_text(before, encoding="utf-8")
            os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))

    def table(self, name, study="tiny"):
        return pd.read_parquet(self.folder / f"results/{study}/tables/{name}.parquet")


def changed(path, value):
    """The small study with one value changed, whose keys and places `path` joins by dots."""
    config = copy.deepcopy(TINY)
    *parents, last = path.split(".")
    at = config
    for key in parents:
        at = at[int(key)] if isinstance(at, list) else at[key]
    at[last] = value
    return config


def without_ablations(seeds):
    """The small study's first cell alone, with nothing removed."""
    config = changed("runs", [{"datasets": ["digits"], "seeds": [seeds]}])
    del config["ablations"]
    return config
