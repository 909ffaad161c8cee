"""What a study's page shows, gathered from its tables, datasets and trajectories."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from ..analysis.evidence import Evidence
from ..data.datasets import Dataset
from ..data.own import Origins
from ..figures.style import OBSERVABLES
from ..study.cell import REFERENCE
from ..support.columns import LISTING
from ..support.sealed import read_table
from ..tables.rows import COMPLETE, defining_by_network, read, rows_of
from ..tables.subject import Subject
from ..training.trajectory import Trajectory
from .answer import answer, final_state, lead, verdicts
from .charts import ERRORS, charts
from .curves import choices, curve_epochs, last_epochs, observables, read_curves, removal_names
from .samples import gallery
from .sheets import SAMPLES, sheets


def content(
    files: Mapping[str, str],
    subject: Subject,
    test_every: int,
    samples: Mapping[str, Mapping[str, Any]],
    listing: str | None = None,
) -> dict[str, Any]:
    """What the template asks for that the study's results tell.

    ``files``: table -> its file. ``samples``: main dataset with reference runs -> its ``dataset`` file, and the
    folders of their trajectories, ``runs``, and its ``origins`` file or None. ``listing``: the file of the samples, the
    most suspicious first, where the study has one.
    """
    tables = {name: read_table(file) for name, file in files.items() if name not in ("dynamics", "stragglers")}
    # Most points of most cells are nobody's stragglers.
    tables["stragglers"] = read(files["stragglers"], None, straggler_rate=lambda rate: rate > 0)
    epochs = curve_epochs(last_epochs(files["dynamics"]), test_every)
    curves = read_curves(files, subject, epochs)
    shown = choices(curves, epochs)
    late = {}
    if listing:
        tables[SAMPLES] = read_table(listing, columns=[*LISTING])
        late[subject.families[0][0]] = tables[SAMPLES]["sample_id"].to_numpy()
    return {
        "lead": lead(tables[SAMPLES]) if listing else None,
        "answers": [one_answer(tables, curves, subject, family) for family in subject.families],
        "verdicts": verdicts(tables["claims"], subject.titles) if "claims" in tables else None,
        "data": {
            "called": {
                "dataset": subject.titles,
                "network": subject.networks,
                "optimizer": subject.optimizers,
                "removed": removal_names(curves),
            },
            "names": {column: symbol for column, (symbol, _) in (OBSERVABLES | ERRORS).items()},
            "epochs": epochs,
            "choices": shown,
            "charts": charts(observables(shown)),
            "galleries": [
                {"title": subject.titles[name], **one_gallery(files, subject, name, late=late.get(name, ()), **of)}
                for name, of in samples.items()
            ],
            "sheets": sheets(tables),
        },
    }


def one_answer(
    tables: Mapping[str, pd.DataFrame], curves: pd.DataFrame, subject: Subject, family: Sequence[str]
) -> dict[str, Any]:
    """Title and sentences of a main dataset."""
    evidence = Evidence(tables, family, subject.defining, subject.orders)
    reference = rows_of(curves, {"dataset": family[0], **REFERENCE, "removed": "none"})
    n_samples = evidence.n_samples.get(family[0], 0)
    epochs = reference["epoch"].max() if len(reference) else subject.epochs
    sentences = answer(evidence, subject.defining.observable, epochs, n_samples, final_state(reference))
    return {"title": subject.titles[family[0]], "sentences": [*filter(None, sentences)]}


def one_gallery(
    files: Mapping[str, str],
    subject: Subject,
    name: str,
    dataset: str,
    runs: Sequence[str],
    origins: str | None,
    late: Sequence[int],
) -> dict[str, Any]:
    """The samples of a main dataset."""
    where = {"dataset": name, **REFERENCE}
    stragglers = read(files["stragglers"], ["sample_id", "straggler_rate", "n_runs"], **where)
    columns = ["network", "layer", "seed", "observable", "found", "epoch"]
    inversion = defining_by_network(read(files["inversion"], columns, **where, **COMPLETE), subject.defining)
    turns = inversion[(inversion["observable"] == subject.defining.observable) & inversion["found"].astype(bool)]
    trajectories = [Trajectory(Path(run)) for run in runs]
    named = Origins.load(origins) if origins else None
    return gallery(stragglers, Dataset.load(dataset), trajectories, turns, named, late)
