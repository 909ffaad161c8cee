from workflow.stragglers.page.sheets import SHOWN

PAGE = f"{RESULTS}/index.html"
# What answers a question is a figure, a table and claims.
look_around = [] if study.question else [PAGE]
ASSETS = CHECKOUT / "workflow/report/page"
# Main datasets whose samples are shown: of others there are no runs of the reference.
shown_cells = {
    name: with_reference[name] for name in study.main_datasets if name in with_reference
}


# No part of the report, which shows no page of this size: browsers refuse so long an address. It links there.
rule page:
    input:
        tables=[table_file(table) for table in tables if table in SHOWN],
        datasets=[dataset_of(cell) for cell in shown_cells.values()],
        trajectories=[
            file
            for cell in shown_cells.values()
            for run in runs_of(cell)
            for file in trajectory(run)
        ],
        origins=[file for cell in shown_cells.values() for file in origins_of(cell)],
        listing=listings[1:2],
        template=ASSETS / "index.html",
        assets=[ASSETS / "page.css", ASSETS / "page.js"],
    output:
        PAGE,
    log:
        f"{RESULTS}/logs/page.log",
    benchmark:
        f"{RESULTS}/logs/page.tsv"
    retries: RETRIES
    group:
        submitted_with("tables")
    conda:
        ENVIRONMENT
    resources:
        **asks(needs.summary),
    params:
        code=code("page"),
        subject=as_param(
            asdict(about(families, study.titles, **titles)), sort_keys=True
        ),
        test_every=study.protocol.test_every,
        samples=as_param(
            {
                name: {
                    "dataset": dataset_of(cell),
                    "runs": [f"results/{run}" for run in runs_of(cell)],
                    "origins": next(iter(origins_of(cell)), None),
                }
                for name, cell in shown_cells.items()
            }
        ),
        about=as_param(
            {
                "study": study.name,
                # Whose owner asks first which samples they are.
                "own": study.titles[listed.dataset] if origins_of(listed) else None,
                "listed": bool(listings),
                "figures": {name: figure_title(*of) for name, of in figures.items()},
                "tables": tables,
            }
        ),
    message:
        "Page of the study"
    script:
        "../scripts/page.py"
