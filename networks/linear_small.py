"""Two linear layers from a vanishing initialisation: unit representations collapse to two opposite points.

layers: [hidden].
"""

import torch
from torch import nn

SCALE = 1e-3
"""Of torch's own initial weights."""


def make(input_shape, n_outputs):
    model = nn.Sequential()
    model.flatten = nn.Flatten()
    model.hidden, model.out = nn.LazyLinear(20), nn.Linear(20, n_outputs)
    model(torch.zeros(1, *input_shape))
    with torch.no_grad():
        for parameter in model.parameters():
            parameter *= SCALE
    return model
