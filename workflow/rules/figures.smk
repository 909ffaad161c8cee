first = next(iter(study.main_datasets))
# Figures 1 and 2 are about one dataset: the first has the plain names, the others their own as suffix.
suffixes = {name: "" if name == first else f"_{name}" for name in study.main_datasets}
main_titles = {name: study.titles[name] for name in study.main_datasets}
figures = [
    f"{RESULTS}/figures/{stem}.{kind}"
    for stem in (
        *(f"fig1_dynamics{suffix}" for suffix in suffixes.values()),
        *(f"fig2_stragglers{suffix}" for suffix in suffixes.values()),
        "fig3_universality",
    )
    for kind in ("pdf", "png")
]


for main, suffix in suffixes.items():

    rule:
        name:
            f"exemplars{suffix}"
        input:
            dataset=f"results/runs/{study.dataset_address(main)}/dataset.npz",
            stragglers=table_file("stragglers"),
        output:
            f"{RESULTS}/figures/exemplars{suffix}.npz",
        log:
            f"{RESULTS}/logs/exemplars{suffix}.log",
        conda:
            ENVIRONMENT
        params:
            code=code("exemplars"),
            name=main,
        message:
            f"Exemplary stragglers of {main}"
        script:
            "../scripts/exemplars.py"

    rule:
        name:
            f"fig1_dynamics{suffix}"
        input:
            dynamics=table_file("dynamics"),
            inversion=table_file("inversion"),
            stragglers=table_file("stragglers"),
            caption=caption("fig1_dynamics"),
        output:
            **drawn("fig1_dynamics", f"1: dynamics, {study.titles[main]}", suffix),
        log:
            f"{RESULTS}/logs/fig1_dynamics{suffix}.log",
        conda:
            ENVIRONMENT
        params:
            code=code("fig1_dynamics"),
            defining=canonical(study.defining),
            family=study.main_datasets[main],
            title=as_param(study.titles[main]),
            epochs=study.protocol.epochs,
        message:
            f"Figure 1: dynamics on {main}"
        script:
            "../scripts/fig1_dynamics.py"

    rule:
        name:
            f"fig2_stragglers{suffix}"
        input:
            dynamics=table_file("dynamics"),
            inversion=table_file("inversion"),
            ablation=table_file("ablation"),
            conservation=table_file("conservation"),
            peak=table_file("conservation_peak"),
            exemplars=f"{RESULTS}/figures/exemplars{suffix}.npz",
            caption=caption("fig2_stragglers"),
        output:
            **drawn("fig2_stragglers", f"2: stragglers, {study.titles[main]}", suffix),
        log:
            f"{RESULTS}/logs/fig2_stragglers{suffix}.log",
        conda:
            ENVIRONMENT
        params:
            code=code("fig2_stragglers"),
            defining=canonical(study.defining),
            dataset=main,
            title=as_param(study.titles[main]),
            epochs=study.protocol.epochs,
        message:
            f"Figure 2: stragglers of {main}"
        script:
            "../scripts/fig2_stragglers.py"


rule fig3_universality:
    input:
        inversion=table_file("inversion"),
        consensus=table_file("consensus"),
        overlap=table_file("overlap"),
        caption=caption("fig3_universality"),
    output:
        **drawn("fig3_universality", "3: universality"),
    log:
        f"{RESULTS}/logs/fig3_universality.log",
    conda:
        ENVIRONMENT
    params:
        code=code("fig3_universality"),
        defining=canonical(study.defining),
        titles=as_param(main_titles),
    message:
        "Figure 3: universality"
    script:
        "../scripts/fig3_universality.py"
