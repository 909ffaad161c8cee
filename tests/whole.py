"""A study with nearly every key written out, and all checks of one."""

import copy

from project import REPOSITORY, TINY

from workflow.stragglers.spec.configuration import validate
from workflow.stragglers.study.footprint import refuse_beyond
from workflow.stragglers.study.study import Study

SCHEMA = REPOSITORY / "workflow/schemas/config.schema.yaml"
WHOLE = {
    "data_dir": "nowhere",
    "datasets": {
        "digits": {"source": "MNIST", "task": {"pair": [0, 1]}, "subset": {"random": 100, "seed": 3}},
        "planted": {"source": "planted", "planted": {"n_train": 100, "seed": 1}},
    },
    "networks": {
        **TINY["networks"],
        "cnn": {
            **{"kind": "convolutional", "width": 5, "depth": 3, "activation": "relu", "maps": "pooled"},
            "stages": [{"channels": 4, "kernel": 3, "stride": 1, "pool": 2}],
        },
        "own": {
            "kind": "module",
            "file": "networks/resnet18.py",
            "build": "make",
            "layers": ["layer1"],
            "maps": "pixels",
        },
    },
    "optimizers": {"gd": {"lr": 0.2}, "adam": {"algorithm": "Adam", "lr": 0.01, "betas": [0.5, 0.9], "batch_size": 8}},
    "training": {"epochs": 120, "test_every": 10, "dtype": "float32", "sets": "every", "device": "cpu", "threads": 1},
    "inversion": {"observable": "D", "layer": 1, "burn_in": 5, "smoothing": 5, "prominence": 0.02, "noise": 10},
    "ablations": [
        {
            **{"datasets": ["digits"], "networks": ["reference"], "optimizers": ["gd"], "seeds": ["0-2"]},
            **{"random_draws": 1, "grid": 3, "noise": [0.5, 1], "fractions": [0.5]},
            "consensus_from": {"network": "relu", "seeds": "0-2"},
        }
    ],
}
"""The small study with nearly every key written out."""


def whole():
    return copy.deepcopy(TINY | WHOLE)


def load(config):
    """All checks of a configuration, as the workflow makes them."""
    validate(config, SCHEMA)
    study = Study(config)
    refuse_beyond(study, memory=64e9, disk=1e12)
    return study
