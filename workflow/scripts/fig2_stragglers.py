import json

from workflow.stragglers.figures.captions import write_caption
from workflow.stragglers.figures.fig2_stragglers import Content, caption, draw
from workflow.stragglers.figures.style import save
from workflow.stragglers.sets.ablation import logarithmic_epochs
from workflow.stragglers.sets.exemplars import Exemplars
from workflow.stragglers.spec.specification import Defining, from_canonical
from workflow.stragglers.support.jobs import job_log
from workflow.stragglers.tables.rows import COMPLETE, EPOCHS_DRAWN, defining_by_network, read

with job_log(snakemake.log[0]):
    (defining,) = from_canonical(snakemake.params.defining, Defining)
    cell = {"dataset": snakemake.params.dataset, "network": "reference", "optimizer": "gd"}
    inversion = read(
        snakemake.input.inversion,
        ["network", "layer", "seed", "observable", "found", "epoch", "train_error"],
        **COMPLETE,
        **cell,
    )
    inversion = defining_by_network(inversion, defining)
    ablation = read(
        snakemake.input.ablation,
        ["seed", "removed", "draw", "removed_error", "sigma", "test_error", "inversion_found"],
        diverged_at=None,
        **cell,
    )
    dynamics = read(
        snakemake.input.dynamics,
        ["seed", "removed", "draw", "epoch", "R_plus", "R_minus", "D"],
        removed=["none", "random", "stragglers"],
        layer=[int(layer) for layer in inversion["layer"].unique()],
        seed=[int(seed) for seed in ablation["seed"].unique()],
        epoch=logarithmic_epochs(snakemake.params.epochs, EPOCHS_DRAWN).tolist(),
        **cell,
    )
    content = Content(
        title=json.loads(snakemake.params.title),
        observable=defining.observable,
        inversion=inversion,
        dynamics=dynamics,
        ablation=ablation,
        conservation=read(
            snakemake.input.conservation,
            ["alignment", "epoch", "train_error", "n_runs", "mean_common", "z"],
            **cell,
        ),
        peak=read(snakemake.input.peak, ["alignment", "train_error", "ci_low", "ci_high"], statistic="z", **cell),
        exemplars=Exemplars.load(snakemake.input.exemplars),
    )
    save(draw(content), snakemake.output.pdf, snakemake.output.png)
    write_caption(snakemake.input.caption, snakemake.output.caption, caption(content))
