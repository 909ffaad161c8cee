main = next(iter(study.main_datasets))
caption = Path(workflow.basedir, "workflow/report/{stem}.rst").as_posix()


def drawn(stem, title):
    """Files of a figure. Its caption holds the study's numbers, so that too is drawn by the rule."""
    base = f"{RESULTS}/figures/{stem}"
    text = Path(f"{base}.rst").absolute().as_posix()
    return {
        "caption": f"{base}.rst",
        **{
            kind: report(
                f"{base}.{kind}",
                caption=text,
                category="1. Figures",
                labels={"figure": title, "format": kind.upper()},
            )
            for kind in ("pdf", "png")
        },
    }


figures = [
    f"{RESULTS}/figures/{stem}.{kind}"
    for stem in ("fig1_dynamics", "fig2_stragglers", "fig3_universality")
    for kind in ("pdf", "png")
]


rule exemplars:
    input:
        dataset=f"results/runs/{study.dataset_address(main)}/dataset.npz",
        stragglers=table_file("stragglers"),
    output:
        f"{RESULTS}/figures/exemplars.npz",
    log:
        f"{RESULTS}/logs/exemplars.log",
    conda:
        ENVIRONMENT
    params:
        code=code("exemplars"),
        name=main,
    message:
        f"Exemplary stragglers of {main}"
    script:
        "../scripts/exemplars.py"


rule fig1_dynamics:
    input:
        dynamics=table_file("dynamics"),
        inversion=table_file("inversion"),
        stragglers=table_file("stragglers"),
        caption=caption.format(stem="fig1_dynamics"),
    output:
        **drawn("fig1_dynamics", "1: dynamics"),
    log:
        f"{RESULTS}/logs/fig1_dynamics.log",
    conda:
        ENVIRONMENT
    params:
        code=code("fig1_dynamics"),
        defining=canonical(study.defining),
        family=study.main_datasets[main],
        title=study.titles[main],
        epochs=study.protocol.epochs,
    message:
        "Figure 1: dynamics"
    script:
        "../scripts/fig1_dynamics.py"


rule fig2_stragglers:
    input:
        dynamics=table_file("dynamics"),
        inversion=table_file("inversion"),
        ablation=table_file("ablation"),
        conservation=table_file("conservation"),
        peak=table_file("conservation_peak"),
        exemplars=f"{RESULTS}/figures/exemplars.npz",
        caption=caption.format(stem="fig2_stragglers"),
    output:
        **drawn("fig2_stragglers", "2: stragglers"),
    log:
        f"{RESULTS}/logs/fig2_stragglers.log",
    conda:
        ENVIRONMENT
    params:
        code=code("fig2_stragglers"),
        defining=canonical(study.defining),
        dataset=main,
        title=study.titles[main],
        epochs=study.protocol.epochs,
    message:
        "Figure 2: stragglers"
    script:
        "../scripts/fig2_stragglers.py"


rule fig3_universality:
    input:
        inversion=table_file("inversion"),
        consensus=table_file("consensus"),
        overlap=table_file("overlap"),
        caption=caption.format(stem="fig3_universality"),
    output:
        **drawn("fig3_universality", "3: universality"),
    log:
        f"{RESULTS}/logs/fig3_universality.log",
    conda:
        ENVIRONMENT
    params:
        code=code("fig3_universality"),
        defining=canonical(study.defining),
        titles={name: study.titles[name] for name in study.main_datasets},
    message:
        "Figure 3: universality"
    script:
        "../scripts/fig3_universality.py"
