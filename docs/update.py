"""Put figures and summary tables of all finished studies here, and what pages show of them where it belongs.

Usage: python docs/update.py [STUDY ...] (``make docs``). claims.md shows the claims of the studies named (digits and
mnist), speed.md the benchmark, reliability.md what the suite of faults counted, validation.md planted data, own_data.md
the trials, and a page that is called like a study the claims of that study and of its small version; the README shows
the answers of four datasets, config/README.md the keys of the schemas.
"""

import math
import re
import shutil
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from workflow.check import SCHEMA  # noqa: E402 - the library is not installed
from workflow.cost import estimate, measured, study_of  # noqa: E402
from workflow.plan import many_cells  # noqa: E402
from workflow.stragglers.analysis.claims import ALL_DATASETS  # noqa: E402 - the library is not installed
from workflow.stragglers.analysis.score_names import STRAGGLER  # noqa: E402
from workflow.stragglers.analysis.score_names import TITLES as SCORE_TITLES  # noqa: E402
from workflow.stragglers.analysis.tasks_models import effects  # noqa: E402
from workflow.stragglers.figures.figq_tasks import KINDS  # noqa: E402
from workflow.stragglers.spec.configuration import validate  # noqa: E402
from workflow.stragglers.study.questions import claims_file  # noqa: E402
from workflow.stragglers.study.study import Study  # noqa: E402
from workflow.stragglers.support.errors import InputError  # noqa: E402
from workflow.stragglers.support.sealed import read_table, replacing, sealed  # noqa: E402
from workflow.stragglers.tables.pages import SIGNS, estimate_text  # noqa: E402
from workflow.stragglers.tables.summaries import ablation_summary, inversion_summary, ledger_summary  # noqa: E402

BENCHMARK = {
    "case": "case",
    "runs": "runs",
    "seconds_per_run_epoch": "ms per run and epoch",
    "baseline_seconds_per_run_epoch": "baseline",
    "speedup": "speedup",
    "speedup_over_alone": "over one by one",
    "speedup_over_jax": "over JAX",
    "matrix_bound_fraction": "fraction of bound",
    "core_seconds_per_run_epoch": "CPU ms on one core",
    "core_speedup": "speedup on it",
    "core_speedup_over_jax": "over JAX on it",
    "core_matrix_bound_fraction": "fraction of bound on it",
    "peak_memory_gb": "peak GB",
}


ANSWERS = {
    "non_monotonic": "the class manifolds segregate, then turn back: share of runs",
    "straggler_fraction": "10-13 % of the points are stragglers: their share, ε\\*",
    "stable_across_seeds": "ε\\* hardly depends on the seed: sd over mean",
    "stable_across_optimizers": "nor on the optimiser: largest relative shift",
    "weak_dependence_on_architecture": "and weakly on the architecture: largest relative shift",
    "shared_between_networks": "networks share the stragglers: Jaccard index over that of seeds",
    "maximally_conserved": "of all misclassified sets they are best conserved: ε at the peak over ε\\*",
    "removal_eliminates_inversion": "without them there is no inversion: share of runs",
    "removal_raises_test_error": "without them networks generalise worse: ratio of test errors",
    "linear_residual": "the inversion is where a linear discriminant stops: ε\\* over its error",
}
"""Claim -> what the README says of it, and which number it shows."""
ANSWERED = ("paper_local", ("mnist", "fashion", "kmnist", "cifar_animals"))
"""The study, and the datasets, whose answers the README shows."""


BESIDE = {"claims": "planted", "convolutions": "resnet"}
"""Page -> one more study of whose claims it shows those that have a value."""


@cache
def studies() -> dict[str, dict[str, Any]]:
    """Name -> configuration of the studies that come with the workflow."""
    files = sorted((ROOT / "config").rglob("*.yaml"))
    configurations = [yaml.safe_load(file.read_text(encoding="utf-8")) for file in files]
    return {configuration["study"]: configuration for configuration in configurations if "study" in configuration}


def definitions_of(study: str) -> Mapping[str, Mapping[str, Any]]:
    """The claims that a study is held to."""
    file = claims_file(studies().get(study, {}))
    return yaml.safe_load((ROOT / file).read_text(encoding="utf-8")) if file else {}


def title_of(study: str, dataset: str) -> str:
    """Title of a dataset in its study's configuration."""
    return studies().get(study, {}).get("datasets", {}).get(dataset, {}).get("title", dataset)


def claims_markdown(claims: pd.DataFrame) -> str:
    """Claim by dataset: verdict, value, 95 % interval and n. ``claims`` has ``title`` of the dataset."""

    def cell(row: pd.Series) -> str:
        estimate = estimate_text(row["value"], row["ci_low"], row["ci_high"])
        return estimate if pd.isna(row["value"]) else f"{SIGNS[row['verdict']]} {estimate}, n = {row['n_runs']}"

    joint = claims["dataset"] == ALL_DATASETS
    # Where all claims are on all datasets together, these have the one column.
    names = list(claims.loc[~joint, "title"].unique()) or ["all tasks"]
    lines = [
        f"| our panel | claim | whose | statistic | threshold | {' | '.join(names)} |",
        "|" + "---|" * (5 + len(names)),
    ]
    for _, rows in claims.groupby("claim", sort=False):
        first, by_title = rows.iloc[0], rows.set_index("title")
        cells = [cell(by_title.loc[name]) if name in by_title.index else "" for name in names]
        if first["dataset"] == ALL_DATASETS:
            together = rows.loc[rows["value"].notna()]
            cells[0] = "; ".join(f"all of {row['study']}: {cell(row)}" for _, row in together.iterrows()) or "–"
        columns = [*first[["figure", "statement", "source", "statistic", "threshold"]], *cells]
        lines.append(f"| {' | '.join(columns)} |")
    return "\n".join(lines)


LEFT = ("inversion", "claims")
"""Tables one of which every finished study leaves."""
WHOLE = (
    *("claims", "consensus", "conservation_peak", "detection", "linear", "nested", "overlap", "planted", "variance"),
    *("score_summary", "score_pairs", "score_stability", "score_variance", "score_removal"),
    *(
        "classes",
        "classes_points",
        "ledger_runs",
        "vanishing",
        "lenses",
        "lenses_turns",
        "tasks",
        "tasks_models",
        "tasks_predicted",
    ),
    *("convolutions", "convolutions_power", "convolutions_flips"),
)
"""Tables that are small enough to be kept as they are."""


def copy(product: Path, name: str) -> None:
    """``product`` of the workflow as ``name`` into docs/."""
    with replacing(ROOT / "docs" / name) as part:
        shutil.copy(sealed(product), part)


def summarise(study: str) -> None:
    """Figures and summary tables of a study into docs/."""
    results = ROOT / "results" / study
    for figure in (results / "figures").glob("fig*.png"):
        copy(figure, f"{study}_{figure.name}")
    tables = {file.stem: read_table(file) for file in (results / "tables").glob("*.parquet") if file.stem in WHOLE}
    for name, summary in (("inversion", inversion_summary), ("ablation", ablation_summary)):
        # A study of one question need not leave it.
        if (whole := results / "tables" / f"{name}.parquet").is_file():
            tables[name] = summary(read_table(whole))
    if (whole := results / "tables" / "ledger.parquet").is_file():
        tables["ledger"] = ledger_summary(read_table(whole), tables["ledger_runs"])
    for name, table in tables.items():
        with replacing(ROOT / "docs" / f"{study}_{name}.csv") as part:
            table.to_csv(part, index=False, float_format="%.4g")


def answers_markdown() -> str:
    """Claim by dataset: verdict and value alone."""
    study, datasets = ANSWERED
    claims = kept_claims([study]).set_index(["claim", "dataset"])
    lines = [
        f"| claim, and what is measured | whose | {' | '.join(title_of(study, name) for name in datasets)} |",
        "|" + "---|" * (2 + len(datasets)),
    ]
    for claim, text in ANSWERS.items():
        rows = [claims.loc[(claim, name)] for name in datasets]
        cells = ["–" if pd.isna(row["value"]) else f"{SIGNS[row['verdict']]} {row['value']:.3g}" for row in rows]
        lines.append(f"| {text} | {rows[0]['source']} | {' | '.join(cells)} |")
    return "\n".join(lines)


def kept_claims(names: list[str]) -> pd.DataFrame:
    """The claims of studies as they are kept here, with ``study`` and the ``title`` of the dataset.

    Numbers and verdicts are of the runs, which may be from elsewhere; words are those of the file of claims now.
    """
    parts = []
    for study in names:
        claims, definitions = pd.read_csv(kept(study, "claims")), definitions_of(study)
        for word in ("statement", "source", "figure", "statistic"):
            now = claims["claim"].map({claim: definition[word] for claim, definition in definitions.items()})
            claims[word] = now.fillna(claims[word]) if word in claims else now
        parts.append(claims.assign(study=study, title=[title_of(study, name) for name in claims["dataset"]]))
    return pd.concat(parts)


def kept(study: str, table: str) -> Path:
    return ROOT / "docs" / f"{study}_{table}.csv"


def planted_markdown(planted: pd.DataFrame) -> str:
    """ε* of planted data beside its closed form, where there is an inversion."""
    lines = ["| planted data | P | runs | ε* [95 %] | closed form | difference |", "|" + "---|" * 6]
    for row in planted[planted["error"].notna()].itertuples():
        measured = estimate_text(row.error, row.ci_low, row.ci_high)
        text = f"{title_of('planted', row.dataset)}, d={row.n_features}".replace(f" d={row.n_features},", ",")
        runs = f"{row.n_inverted}/{row.n_runs}"
        cells = [text, row.n_samples, runs, measured, f"{row.closed_form:.3g}", f"{100 * row.relative_error:+.1f} %"]
        lines.append(f"| {' | '.join(map(str, cells))} |")
    return "\n".join(lines)


def benchmark_markdown(benchmark: pd.DataFrame) -> str:
    """The benchmark's cases with their ratios; times in ms. A column that was not measured is empty."""
    shown = benchmark.reindex(columns=list(BENCHMARK))
    shown[[name for name in BENCHMARK if "seconds" in name]] *= 1000
    lines = [f"| {' | '.join(BENCHMARK.values())} |", "|" + "---|" * len(BENCHMARK)]
    for row in shown.itertuples(index=False):
        lines.append(
            f"| {' | '.join(('–' if pd.isna(v) else f'{v:.3g}') if isinstance(v, float) else str(v) for v in row)} |"
        )
    return "\n".join(lines)


def reliability_markdown(counts: pd.DataFrame) -> str:
    """How many cases of each fault were tried, and how many of these survived."""
    lines = ["| what | tried | as it must be |", "|---|---|---|"]
    return "\n".join(lines + [f"| {fault} | {tried} | {survived} |" for fault, tried, survived in counts.to_numpy()])


def insert(text: str, name: str, table: str) -> str:
    """``text`` with what stands between the markers of ``name`` replaced by ``table``."""
    start, end = f"<!-- {name}: make docs -->", f"<!-- end of {name} -->"
    pattern = re.compile(f"{re.escape(start)}.*?{re.escape(end)}", re.DOTALL)
    return pattern.sub(lambda _: "\n".join([start, table, end]), text)


Schema = Mapping[str, Any]


def objects(schema: Schema, place: str = "") -> Iterator[tuple[str, Schema]]:
    """Every object of a schema that has keys, with its place: the keys that lead there, without names and numbers."""
    if "properties" in schema:
        yield place, schema
    for key, inner in schema.get("properties", {}).items():
        yield from objects(inner, f"{place}.{key}".lstrip("."))
    for part in ("additionalProperties", "items"):
        if schema.get(part):
            yield from objects(schema[part], place)


def keys_markdown(keys: Schema, definitions: Schema) -> str:
    """The keys of an object of a schema: what each may be and means, and its default if that is one value."""
    lines = ["| key | meaning | default |", "|---|---|---|"]
    for key, own in keys["properties"].items():
        value = definitions.get(own.get("$ref", "").rpartition("/")[2], {}) | own
        meaning = value["description"]
        if "enum" in value:
            *choices, last = [f"`{choice}`" for choice in value["enum"]]
            meaning = f"{', '.join(choices)} or {last}. {meaning}"
        default = "required" if key in keys.get("required", ()) else ""
        if "default" in value:
            # YAML ends a document of one word with three dots.
            text, *_ = yaml.safe_dump(value["default"], default_flow_style=True, width=sys.maxsize).splitlines()
            default = f"`{text}`"
        row = " | ".join(cell.replace("|", r"\|") for cell in (f"`{key}`", meaning, default))
        lines.append(f"| {row} |")
    return "\n".join(lines)


def keys_tables() -> dict[str, str]:
    """Name -> table of every object of the schemas that has keys."""
    tables = {}
    for name, within in (("config", ""), ("claims", "claims")):
        schema = yaml.safe_load((ROOT / f"workflow/schemas/{name}.schema.yaml").read_text(encoding="utf-8"))
        for place, keys in objects(schema, within):
            tables[f"keys of {place}" if place else "keys"] = keys_markdown(keys, schema.get("$defs", {}))
    return tables


def trials_markdown(trials: pd.DataFrame) -> str:
    """The trials of own data as they are kept."""
    rows = [trials.columns, ["---"] * len(trials.columns), *trials.fillna("").astype(str).to_numpy()]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def rewrite(page: Path, text: str) -> None:
    with replacing(page) as part:
        part.write_text(text, encoding="utf-8")


def refresh(page: Path, name: str, table: str) -> None:
    """Put ``table`` between the markers of ``name`` in a page."""
    rewrite(page, insert(page.read_text(encoding="utf-8"), name, table))


def explain(text: str) -> str:
    """``text`` of config/README.md with the schemas' keys as they are."""
    for name, table in keys_tables().items():
        text = insert(text, name, table)
    return text


def runs_to_agree(curve: pd.DataFrame, wanted: float) -> str:
    """The least number of runs, of those tried, whose averages agree so; ``curve`` has ``size`` and ``value``."""
    enough = curve.loc[curve["value"] >= wanted, "size"]
    return str(enough.min()) if len(enough) else f"> {curve['size'].max()}"


def scores_markdown(study: str) -> str:
    """A table for each dataset: what each score of the difficulty of points has in common with straggling, and does."""
    tables = (pd.read_csv(kept(study, f"score_{name}")) for name in ("summary", "pairs", "stability", "removal"))
    summary, pairs, stability, removal = tables
    pairs = pairs[pairs["score_a"] == STRAGGLER].set_index(["dataset", "score_b"])
    curves = stability[stability["measure"] == "rho"].groupby(["dataset", "score"])
    stable = definitions_of(study)["few_runs_suffice"]["at_least"]
    needed = {place: runs_to_agree(curve, stable) for place, curve in curves}
    errors = removal.groupby(["sigma", "dataset", "removed"])["test_error"].mean()
    clean, noisy = errors.index.levels[0][[0, -1]]
    found = removal[removal["sigma"] == clean].groupby(["dataset", "removed"])["inversion_found"].agg(["sum", "size"])
    parts = []
    for dataset, rows in summary.groupby("dataset", sort=False):
        header = ["score", "with a run's stragglers", "between its runs", "ρ between its runs"]
        header += [f"runs to ρ = {stable:g}".replace("0.", ".")]
        header += ["beyond linear margins", "inverted without", "test error without", "noisy test error without"]
        header += ["flips found"]
        lines = [f"{title_of(study, dataset)}:", "", f"| {' | '.join(header)} |", "|" + "---|" * len(header)]
        for row in rows.itertuples():
            without = (dataset, row.score)
            of_runs = row.n_runs > 1
            cells = [SCORE_TITLES[row.score], shown(pairs["jaccard"].get(without))]
            cells += map(shown, (row.jaccard, row.rho) if of_runs else (None, None))
            cells += [needed.get(without, "–"), shown(row.own_share if of_runs else None)]
            cells.append("{sum}/{size}".format(**found.loc[without]) if without in found.index else "–")
            for sigma in (clean, noisy):
                error = errors.get((sigma, *without), float("nan"))
                cells.append(shown(error / errors[sigma, dataset, "none"]))
            lines.append(f"| {' | '.join([*cells, shown(row.recall)])} |")
        parts.append("\n".join(lines))
    return "\n\n".join(parts)


def residual_markdown(tasks: pd.DataFrame) -> str:
    """How many tasks invert, and how far ε* of these is from the residual, by kind and data."""
    lines = ["| tasks | data | invert | typical factor | ε\\* over the residual, mean |", "|" + "---|" * 5]
    parts = {(KINDS[kind][0], "all"): rows for kind, rows in tasks.groupby("kind", sort=False)}
    parts |= {(KINDS[kind][0], data): rows for (kind, data), rows in tasks.groupby(["kind", "data"], sort=False)}
    for names, rows in parts.items():
        inverting = rows[rows["inverts"]]
        found = effects(inverting, "eps_star")
        numbers = (found[quantity, "residual as it is", ""] for quantity in ("factor", "ratio"))
        cells = (*names, f"{len(inverting)}/{len(rows)}", *(f"{number:.2f}" for number in numbers))
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def shown(number: float | None) -> str:
    return "–" if number is None or not math.isfinite(number) else f"{number:.2g}"


def markdown(table: pd.DataFrame) -> str:
    """A table of numbers as they are, three digits each, under headings without underscores."""
    lines = [f"| {' | '.join(name.replace('_', ' ') for name in table)} |", "|" + "---|" * table.shape[1]]
    for row in table.itertuples(index=False):
        cells = (f"{v:.3g}" if isinstance(v, float) else f"{v:,}" if isinstance(v, int) else v for v in row)
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def measure_jobs() -> None:
    """What the jobs of the studies here took, into docs/. A rule of which none has a job keeps its row."""
    file = kept("benchmark", "jobs")
    try:
        table = measured(str(ROOT / "results"))
    except InputError:
        return
    if file.is_file():
        before = pd.read_csv(file)
        table = pd.concat([before[~before["rule"].isin(table["rule"])], table]).sort_values("rule")
    with replacing(file) as part:
        table.to_csv(part, index=False, float_format="%.4g")


def update_cluster() -> None:
    """What studies take on a cluster, by the estimates of the rules, and what was measured: jobs, planning, tables."""
    measure_jobs()
    page, paper = ROOT / "docs" / "cluster.md", str(ROOT / "config" / "paper.yaml")
    refresh(page, "paper", markdown(estimate(study_of(paper, device="cpu"))))
    refresh(page, "paper_gpu", markdown(estimate(study_of(paper, device="cuda"))))
    config = many_cells(100, "MNIST", blocks=10)
    validate(config, SCHEMA)
    refresh(page, "many", markdown(estimate(Study(config, reads_data=False))))
    for name in ("jobs", "planning", "tables"):
        if kept("benchmark", name).is_file():
            refresh(page, name, markdown(pd.read_csv(kept("benchmark", name))))


def main(names: list[str]) -> None:
    keys = ROOT / "config" / "README.md"
    rewrite(keys, explain(keys.read_text(encoding="utf-8")))
    # A study of a question leaves claims and no inversions, one of own data the other way round.
    left = {file.parts[-3] for table in LEFT for file in (ROOT / "results").glob(f"*/tables/{table}.parquet")}
    for study in sorted(left):
        summarise(study)
    for file in (ROOT / "results" / "benchmarks").glob("*.csv"):
        copy(file, f"benchmark_{file.name}")
    # Tables that are kept here, of studies that may have run elsewhere.
    for page in (ROOT / "docs").glob("*.md"):
        for study, name in ((page.stem, "claims"), (f"{page.stem}_small", "claims of the small study")):
            if kept(study, "claims").is_file():
                refresh(page, name, claims_markdown(kept_claims([study])))
    for page, study in BESIDE.items():
        if kept(study, "claims").is_file():
            measured_here = kept_claims([study]).dropna(subset="value")
            refresh(ROOT / "docs" / f"{page}.md", f"claims of {study}", claims_markdown(measured_here))
    if all(kept(study, "claims").is_file() for study in names):
        refresh(ROOT / "docs" / "claims.md", "claims", claims_markdown(kept_claims(names)))
    if kept(ANSWERED[0], "claims").is_file():
        refresh(ROOT / "README.md", "answers", answers_markdown())
    if kept("planted", "planted").is_file():
        planted = pd.read_csv(kept("planted", "planted"))
        refresh(ROOT / "docs" / "validation.md", "planted", planted_markdown(planted))
    for study in ("scores", "scores_small"):
        if kept(study, "score_summary").is_file():
            refresh(ROOT / "docs" / "scores.md", study, scores_markdown(study))
            refresh(ROOT / "docs" / "scores.md", f"claims of {study}", claims_markdown(kept_claims([study])))
    if kept("tasks", "tasks").is_file():
        refresh(ROOT / "docs" / "tasks.md", "residual", residual_markdown(pd.read_csv(kept("tasks", "tasks"))))
    if kept("benchmark", "training").is_file():
        benchmark = pd.read_csv(kept("benchmark", "training"))
        refresh(ROOT / "docs" / "speed.md", "benchmark", benchmark_markdown(benchmark))
    update_cluster()
    if (counts := ROOT / "docs" / "reliability.csv").is_file():
        refresh(ROOT / "docs" / "reliability.md", "reliability", reliability_markdown(pd.read_csv(counts)))
    if kept("own", "data").is_file():
        refresh(ROOT / "docs" / "own_data.md", "trials", trials_markdown(pd.read_csv(kept("own", "data"), dtype=str)))


if __name__ == "__main__":
    try:
        main(sys.argv[1:] or ["digits", "mnist"])
    except InputError as error:
        sys.exit(f"Error: {error}")
