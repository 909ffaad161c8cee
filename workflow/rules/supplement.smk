supplement += [
    f"{RESULTS}/figures/{stem}.{kind}"
    for stem in ("figs4_removal", "figs5_factors", "figs6_conservation")
    for kind in ("pdf", "png")
]


rule figs4_removal:
    input:
        ablation=table_file("ablation"),
        caption=caption("figs4_removal"),
    output:
        **drawn("figs4_removal", "S4: kinds of removal"),
    log:
        f"{RESULTS}/logs/figs4_removal.log",
    conda:
        ENVIRONMENT
    params:
        code=code("figs4_removal"),
        titles=as_param(main_titles),
    message:
        "Figure S4: kinds of removal"
    script:
        "../scripts/figs4_removal.py"


rule figs5_factors:
    input:
        inversion=table_file("inversion"),
        variance=table_file("variance"),
        linear=table_file("linear"),
        caption=caption("figs5_factors"),
    output:
        **drawn("figs5_factors", "S5: what the inversion depends on"),
    log:
        f"{RESULTS}/logs/figs5_factors.log",
    conda:
        ENVIRONMENT
    params:
        code=code("figs5_factors"),
        defining=canonical(study.defining),
        families=list(study.main_datasets.values()),
        titles=as_param(main_titles),
    message:
        "Figure S5: what the inversion depends on"
    script:
        "../scripts/figs5_factors.py"


rule figs6_conservation:
    input:
        inversion=table_file("inversion"),
        conservation=table_file("conservation"),
        peak=table_file("conservation_peak"),
        caption=caption("figs6_conservation"),
    output:
        **drawn("figs6_conservation", "S6: measures of conservation"),
    log:
        f"{RESULTS}/logs/figs6_conservation.log",
    conda:
        ENVIRONMENT
    params:
        code=code("figs6_conservation"),
        defining=canonical(study.defining),
        titles=as_param(main_titles),
    message:
        "Figure S6: measures of conservation"
    script:
        "../scripts/figs6_conservation.py"
