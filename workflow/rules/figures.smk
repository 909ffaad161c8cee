from workflow.stragglers.figures.registry import FIGURES

first = next(iter(study.main_datasets))
# Of figures about one dataset, the first has the plain names, the others their own as suffix.
suffixes = {name: "" if name == first else f"_{name}" for name in study.main_datasets}
exemplars = {f"exemplars{suffix}": name for name, suffix in suffixes.items()}
of_study = {"": about(families, study.titles, **titles)}
of_datasets = {
    suffix: about([study.main_datasets[name]], {name: study.titles[name]}, **titles)
    for name, suffix in suffixes.items()
}
for figure in FIGURES:
    if unknown := {*figure.tables} - {*tables, *parts, *DERIVED, *OTHER_TABLES}:
        sys.exit(
            f"Error: {figure.stem} in workflow/stragglers/figures/registry.py: there is no table {min(unknown)}"
        )
# Name -> the figure, and what it is about. That of a question may read tables that its studies do not leave by themselves.
figures = {
    f"{figure.stem}{suffix}": (
        figure,
        (
            replace(subject, stated_fraction=stated_fraction())
            if figure.of_claimed_fraction
            else subject
        ),
    )
    for figure in FIGURES
    if figure.question == study.question
    and (study.question or {*figure.tables} <= {*tables})
    for suffix, subject in (of_datasets if figure.per_dataset else of_study).items()
    if not figure.of_ablations or study.ablations
    if not figure.of_many_groups
    or any(study.datasets[name].of_many_groups for name in subject.main)
}


rule exemplars:
    input:
        unpack(
            lambda wildcards: prepared(reference_cells[exemplars[wildcards.exemplars]])
        ),
        stragglers=table_file("stragglers"),
    output:
        f"{RESULTS}/figures/{{exemplars}}.npz",
    log:
        f"{RESULTS}/logs/{{exemplars}}.log",
    benchmark:
        f"{RESULTS}/logs/{{exemplars}}.tsv"
    wildcard_constraints:
        exemplars="|".join(exemplars),
    retries: RETRIES
    group:
        submitted_with("tables")
    conda:
        ENVIRONMENT
    resources:
        **asks(needs.summary),
    params:
        code=code("exemplars"),
        name=lambda wildcards: exemplars[wildcards.exemplars],
    message:
        "Exemplary stragglers of {params.name}"
    script:
        "../scripts/exemplars.py"


rule figure:
    input:
        unpack(lambda wildcards: drawn_from(*figures[wildcards.figure])),
    output:
        # The report would open it in a frame, if it were asked for or not.
        pdf=f"{RESULTS}/figures/{{figure}}.pdf",
        # Its caption is drawn, too: it holds the study's numbers.
        png=report(
            f"{RESULTS}/figures/{{figure}}.png",
            caption="../report/figure.rst",
            category="1. Figures",
            labels=lambda wildcards: {
                "figure": as_label(figure_title(*figures[wildcards.figure]))
            },
        ),
        caption=f"{RESULTS}/figures/{{figure}}.rst",
    log:
        f"{RESULTS}/logs/{{figure}}.log",
    benchmark:
        f"{RESULTS}/logs/{{figure}}.tsv"
    wildcard_constraints:
        figure="|".join(figures),
    retries: RETRIES
    group:
        submitted_with("tables")
    conda:
        ENVIRONMENT
    resources:
        **asks(needs.summary),
    params:
        code=lambda wildcards: code(
            "figure", f"figures.{figures[wildcards.figure][0].stem}"
        ),
        columns=config.get("figures", {}).get("columns", 2),
        stem=lambda wildcards: figures[wildcards.figure][0].stem,
        subject=as_param(
            lambda wildcards: asdict(figures[wildcards.figure][1]), sort_keys=True
        ),
    message:
        "Figure {wildcards.figure}"
    script:
        "../scripts/figure.py"
