"""How hard runs find single points, told from the sets that they misclassify on the way."""

import numpy as np

from ..training.trajectory import Trajectory


def learning_and_forgetting(trajectory: Trajectory) -> tuple[np.ndarray, np.ndarray]:
    """Of each run and point, (runs, P): the first epoch from which it stays right, and how often it is forgotten.

    A forgetting event is a point right at one epoch and wrong at the next (Toneva et al. 2019). One that is never
    right counts as forgotten more often than any can be, and one that ends wrong as learned after the last epoch.
    Where not every epoch's set was kept, both are about those that were.
    """
    epochs, runs = trajectory.set_epochs, np.arange(len(trajectory.runs))
    last_wrong = np.full((len(runs), trajectory.n_samples), -1)
    forgotten = np.zeros(last_wrong.shape, int)
    ever_right = np.zeros(last_wrong.shape, bool)
    before = np.ones(last_wrong.shape, bool)
    for place, epoch in enumerate(epochs):
        wrong = trajectory.sets(epoch, runs)
        last_wrong[wrong] = place
        forgotten += wrong & ~before
        ever_right |= ~wrong
        before = wrong
    forgotten[~ever_right] = len(epochs)
    return np.append(epochs, epochs[-1] + 1)[last_wrong + 1], forgotten
