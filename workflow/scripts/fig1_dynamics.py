import json

from workflow.stragglers.figures.captions import write_caption
from workflow.stragglers.figures.fig1_dynamics import caption, draw, gather, subset_label
from workflow.stragglers.figures.style import save
from workflow.stragglers.sets.ablation import logarithmic_epochs
from workflow.stragglers.spec.specification import Defining, from_canonical
from workflow.stragglers.support.jobs import job_log
from workflow.stragglers.tables.rows import COMPLETE, EPOCHS_DRAWN, defining_by_network, read

with job_log(snakemake.log[0]):
    (defining,) = from_canonical(snakemake.params.defining, Defining)
    family = snakemake.params.family
    inversion = read(
        snakemake.input.inversion,
        ["dataset", "subset", "network", "layer", "optimizer", "seed", "observable", "found", "epoch", "train_error"],
        dataset=family,
        network="reference",
        **COMPLETE,
    )
    inversion = defining_by_network(inversion, defining)
    dynamics = read(
        snakemake.input.dynamics,
        ["seed", "epoch", "train_error", "R_plus", "R_minus", "D"],
        dataset=family[0],
        network="reference",
        optimizer="gd",
        removed="none",
        layer=[int(layer) for layer in inversion["layer"].unique()],
        epoch=logarithmic_epochs(snakemake.params.epochs, EPOCHS_DRAWN).tolist(),
    )
    points = read(snakemake.input.stragglers, ["dataset"], dataset=family, network="reference", optimizer="gd")
    sizes = points["dataset"].value_counts()
    subsets = inversion.drop_duplicates("dataset").set_index("dataset")["subset"]
    labels = {name: subset_label(subsets[name], sizes[name]) for name in family if name in subsets and name in sizes}
    content = gather(inversion, dynamics, family[0], labels, defining.observable, json.loads(snakemake.params.title))
    save(draw(content), snakemake.output.pdf, snakemake.output.png)
    write_caption(snakemake.input.caption, snakemake.output.caption, caption(content))
