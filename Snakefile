from snakemake.utils import min_version

min_version("9.0")


if not workflow.configfiles and "data" not in config:

    configfile: f"{workflow.basedir}/config/config.yaml"


include: "workflow/rules/common.smk"
include: "workflow/rules/resources.smk"
include: "workflow/rules/datasets.smk"
include: "workflow/rules/training.smk"
include: "workflow/rules/observables.smk"
include: "workflow/rules/stragglers.smk"
include: "workflow/rules/ablation.smk"
include: "workflow/rules/linear.smk"
include: "workflow/rules/detection.smk"
include: "workflow/rules/planted.smk"
include: "workflow/rules/scores.smk"
include: "workflow/rules/classes.smk"
include: "workflow/rules/ledger.smk"
include: "workflow/rules/tasks.smk"
include: "workflow/rules/lenses.smk"
include: "workflow/rules/convolutions.smk"
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
        look_around,
    message:
        f"All of {RESULTS}"


if "--report" in flags and not all(map(os.path.exists, rules.all.input)):
    sys.exit(f"Error: {study.name} is not finished; run it first, without --report")


onstart:
    stop_with_jobs()
    try:
        note(codes, CHECKOUT / "workflow/scripts")
    except InputError as error:
        sys.exit(f"Error: {error}")
    if not submits:
        # The limit on jobs a second is for clusters. It has Snakemake schedule again a second after every pass, and
        # each job that ends begins another such chain, on hundreds of jobs a quarter of a core's time.
        workflow.scheduler.job_rate_limiter = None


onsuccess:
    # Not every terminal has all letters.
    sys.stdout.reconfigure(errors="backslashreplace")
    # A run of some targets, or until a rule, ends well without them.
    if all(map(os.path.exists, rules.all.input)):
        print(f"Figures and tables are in {RESULTS}.")
        for page in look_around:
            print(f"To look around in them, open {page} in a browser.")
    if listings and all(map(os.path.exists, listings)):
        print(Path(listings[-1]).read_text(encoding="utf-8"), end="")
