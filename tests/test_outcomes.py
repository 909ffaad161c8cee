"""Data of all kinds end in a finished study, which says in words what was found: nothing is a result, too."""

import json
import re
from html.parser import HTMLParser

import numpy as np
import pytest
from project import Project

from workflow.stragglers.support.text import one_line

TITLES = {
    "pair": "{{ cycler.__init__.__globals__.os.system('touch hacked') }}{% for a %}{grey} $\\frac{1$",
    "separable": "=1+1 </script><script>document.title = 'hacked'</script> |z| Workflow_ `x` 手 \u202e",
    "noise": "\n\n.. raw:: html\n\n   <script>document.title = 'hacked'</script>\n",
    "lost": ".. include:: Snakefile",
    "reference": "{% for a %}</script><script>document.title = 'hacked'</script> **net**",
    "gd": "=1+1 <script>document.title = 'hacked'</script> `descent`_",
}
"""Dataset, network or optimiser -> a title that some program on its way would run or read as markup."""

SOURCES = {
    "pair": {"source": "digits", "task": {"pair": [0, 1]}},
    "separable": {"source": "npz", "file": "separable.npz"},
    "noise": {"source": "npz", "file": "noise.npz"},
    "lost": {"source": "digits", "subset": {"first": 100}},
}


def study(*datasets, lr=0.1, **network):
    """Six runs a dataset, with removals on the first."""
    return {
        "study": "outcome",
        "datasets": {name: SOURCES[name] | {"title": TITLES[name]} for name in datasets},
        "networks": {"reference": network | {"title": TITLES["reference"]}},
        "optimizers": {"gd": {"lr": lr, "title": TITLES["gd"]}},
        "training": {"epochs": 60, "device": "cpu"},
        "runs": [{"datasets": [*datasets], "seeds": ["0-5"]}],
        "ablations": [{"datasets": [datasets[0]], "seeds": ["0-5"], "grid": 2, "random_draws": 1}],
    }


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A project whose data folder has two classes far apart, and labels that nothing tells."""
    made = Project(tmp_path_factory.mktemp("outcomes") / "project")
    (made.folder / "data").mkdir()
    rng = np.random.default_rng(0)
    for name, distance in (("separable", 20), ("noise", 0)):
        arrays = {}
        for split, n in (("train", 120), ("test", 60)):
            y = np.arange(n) % 2
            arrays |= {f"x_{split}": rng.normal(size=(n, 5)) + distance * y[:, None], f"y_{split}": y}
        np.savez(made.folder / f"data/{name}.npz", **arrays)
    return made


class Captions(HTMLParser):
    """The text and the elements of a piece of a page."""

    def __init__(self, text):
        super().__init__()
        self.text, self.elements = "", set()
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.elements.add(tag)

    def handle_data(self, data):
        self.text += data


def outcome(project, config):
    """The claims of a study run to its end, by name and dataset, once its report is seen to show titles as they are."""
    project.run(config)
    report = "results/outcome/report.html"
    done = project.run(config, "--report", report)
    assert not re.search(r"\((ERROR|WARNING|SEVERE)/\d\)", done.stdout + done.stderr)
    text = (project.folder / report).read_text(encoding="utf-8")
    captions = [Captions(json.loads(caption)) for caption in re.findall(r'"caption": ("(?:[^"\\]|\\.)*")', text)]
    assert not {"script", "pre", "iframe"} & set().union(*(caption.elements for caption in captions))
    shown = " ".join(" ".join(caption.text.split()) for caption in captions)
    for name in config["datasets"]:
        assert one_line(TITLES[name]) in shown
    assert "<script>document.title" not in text
    assert not [*project.folder.rglob("hacked")]
    return project.table("claims", "outcome").set_index(["claim", "dataset"])


def told(claims, dataset):
    """Claim -> verdict and note, for one dataset."""
    rows = claims.xs(dataset, level="dataset")
    return {claim: (row["verdict"], row["note"]) for claim, row in rows.iterrows()}


NOTHING_INVERTS = ("inconclusive", "no run of the reference inverts")


def test_easy_data_and_data_that_cannot_be_learned_are_a_finished_study(project):
    claims = outcome(project, study("pair", "separable", "noise"))
    for dataset in ("pair", "separable", "noise"):
        verdicts = told(claims, dataset)
        assert verdicts.pop("non_monotonic") == ("not reproduced", "")
        assert set(verdicts.values()) == {NOTHING_INVERTS}


def test_runs_that_diverge_are_a_finished_study_that_counts_them(project):
    verdicts = told(outcome(project, study("lost", lr=1e15, activation="relu")), "lost")
    verdict, note = verdicts.pop("non_monotonic")
    assert verdict == "inconclusive" and note.endswith("left out, as they diverged: gd (6 of 6)")
    assert set(verdicts.values()) == {NOTHING_INVERTS}
    page = (project.folder / "results/outcome/pages/claims.html").read_text(encoding="utf-8")
    assert note in page


def test_many_groups_and_a_network_of_each_kind_are_a_finished_study(project):
    groups = [[0, 1, 2], [3, 4, 5], [6, 7, 8, 9]]
    networks = {
        "reference": {},
        "cnn": {"kind": "convolutional", "stages": [{"channels": 2, "kernel": 3, "stride": 2}]},
        "mine": {"kind": "module", "file": "networks/residual.py", "layers": ["stem", "block2"]},
    }
    project.run(
        study("pair", lr=0.2)
        | {
            "study": "groups",
            "datasets": {"digits": {"source": "digits", "task": {"groups": groups}, "subset": {"first": 600}}},
            "networks": networks,
            "training": {"epochs": 250, "device": "cpu"},
            "runs": [
                {"datasets": ["digits"], "seeds": ["0-4"]},
                {"datasets": ["digits"], "networks": ["cnn", "mine"], "seeds": ["0-1"]},
            ],
            "ablations": [{"datasets": ["digits"], "seeds": ["0-4"], "grid": 2, "random_draws": 1}],
        }
    )
    names = ["+".join(map(str, group)) for group in groups]
    inversion = project.table("inversion", "groups").query("removed == 'none' and layer == 1")
    reference = inversion[inversion["network"] == "reference"]
    # The means, three radii and three distances of each run; on these data all turn within these epochs.
    assert reference.groupby(["observable", "class_a", "class_b"], dropna=False).size().tolist() == [5] * 8
    assert reference.query("observable == 'D' and class_a.isna()")["found"].all()
    assert {*reference["class_a"].dropna()} == {*names}
    layers = inversion.groupby("network")["layer_name"].unique()
    assert [*layers["cnn"]] == ["conv1"] and [*layers["mine"]] == ["stem"]
    stragglers = project.table("stragglers", "groups")
    assert {*stragglers["label"]} == {0, 1, 2}
    rates = stragglers.query("network == 'reference'")[["straggler_rate", "own_rate"]]
    assert rates.notna().all(axis=None) and rates.corr().iloc[0, 1] > 0.5
    ablation = project.table("ablation", "groups").query("sigma == 0").groupby("removed")["test_error"].mean()
    assert ablation["stragglers"] > ablation["none"]
    assert (project.folder / "results/groups/figures/figs7_groups.pdf").is_file()
