from snakemake.utils import min_version

min_version("9.0")


if not workflow.configfiles and "data" not in config:

    configfile: f"{workflow.basedir}/config/config.yaml"


include: "workflow/rules/common.smk"
include: "workflow/rules/datasets.smk"
include: "workflow/rules/training.smk"
include: "workflow/rules/observables.smk"
include: "workflow/rules/stragglers.smk"
include: "workflow/rules/ablation.smk"
include: "workflow/rules/linear.smk"
include: "workflow/rules/detection.smk"
include: "workflow/rules/planted.smk"
include: "workflow/rules/tables.smk"
include: "workflow/rules/claims.smk"
include: "workflow/rules/figures.smk"
include: "workflow/rules/page.smk"
include: "workflow/rules/report.smk"
include: "workflow/rules/benchmark.smk"


rule all:
    default_target: True
    input:
        [table_file(table) for table in tables],
        expand(
            f"{RESULTS}/figures/{{figure}}.{{kind}}",
            figure=figures,
            kind=("pdf", "png", "rst"),
        ),
        pages.values(),
        listings,
        PAGE,


if "--report" in flags and not all(map(os.path.exists, rules.all.input)):
    sys.exit(f"Error: {study.name} is not finished; run it first, without --report")


onstart:
    if not submits:
        # The limit on jobs a second is for clusters. It has Snakemake schedule again a second after every pass, and
        # each job that ends begins another such chain, on hundreds of jobs a quarter of a core's time.
        workflow.scheduler.job_rate_limiter = None


onsuccess:
    # A run of some targets, or until a rule, ends well without them.
    if all(map(os.path.exists, rules.all.input)):
        print(f"Figures and tables are in {RESULTS}.")
        print(f"To look around in them, open {PAGE} in a browser.")
    if listings and all(map(os.path.exists, listings)):
        # Not before: planning has no need of what reads tables.
        from workflow.stragglers.sets.listing import closing
        from workflow.stragglers.support.sealed import read_table

        samples = read_table(listings[1], columns=["straggler_rate", "n_runs"])
        n_runs = sum(len(parse_seeds(block)) for block in study.blocks[listed])
        print(
            closing(
                samples["straggler_rate"].to_numpy(),
                samples["n_runs"].max(),
                n_runs,
                study.protocol.epochs,
                listings[0],
            )
        )
