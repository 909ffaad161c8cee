import html
import re
from types import SimpleNamespace

import pandas as pd
import yaml

from workflow.stragglers.tables import provenance
from workflow.stragglers.tables.pages import page, text_page
from workflow.stragglers.tables.provenance import configuration_text, software_table, training_note, training_software

ONE, OTHER = "torch 2.1, numpy 1.26", "torch 2.2, numpy 2.0"


def test_the_configuration_is_a_file_of_the_same_study():
    config = {
        "data_dir": "über <b>",
        "datasets": {"a": {"title": "x: #1\n- é", "n": 3}},
        "runs": [{"s": ["0-4"]}],
        "study": "s",
    }
    text = configuration_text(config)
    assert text.startswith("study: s\n") and yaml.safe_load(text) == config
    shown = text_page("Configuration", text)
    (copied,) = re.findall(r"<pre>(.*?)</pre>", shown, re.S)
    assert yaml.safe_load(html.unescape(copied)) == config and "<b>" not in copied


def trained(**versions):
    """``training_software`` of runs of each dataset by these versions."""
    rows = [(dataset, software) for dataset, given in versions.items() for software in given]
    return training_software(pd.DataFrame(rows, columns=["dataset", "software"]))


def test_versions_that_trained_the_runs_are_counted():
    table = trained(digits=[ONE, ONE, OTHER], mnist=[ONE])
    assert table.values.tolist() == [[ONE, 3, "digits, mnist"], [OTHER, 1, "digits"]]


def test_a_mixture_is_warned_of_and_one_set_of_versions_is_not():
    assert training_note(trained(digits=[ONE, ONE])) == f"All runs were trained by one set of versions: {ONE} (2 runs)."
    note = training_note(trained(digits=[ONE, ONE], mnist=[OTHER]))
    assert note.startswith("Warning") and f"{ONE} (2 runs); {OTHER} (1 runs)" in note


def test_the_page_tells_what_trained_the_runs_from_what_wrote_it():
    mixed = trained(digits=[ONE], mnist=[OTHER])
    table = software_table(mixed)
    assert table["version"].tolist()[:2] == [ONE, OTHER]
    assert set(table["what it did"][2:]) == {"wrote this page"}
    shown = page("Versions", table, note=training_note(mixed))
    assert "<p>Warning" in shown and "trained 1 runs of mnist" in shown


def test_of_a_package_that_is_installed_twice_the_version_is_that_which_is_imported(monkeypatch):
    found = [SimpleNamespace(name=name, version=version) for name, version in (("b", "2"), ("A", "1"), ("b", "10"))]
    monkeypatch.setattr(provenance, "distributions", lambda: found)
    table = software_table(trained(digits=[ONE]))
    assert table[["software", "version"]].values.tolist()[3:] == [["A", "1"], ["b", "2"]]
