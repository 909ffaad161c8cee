"""What sums up tables over runs, on ledgers of known numbers."""

import numpy as np
import pandas as pd
import pytest

from workflow.stragglers.tables.summaries import ledger_summary


def test_a_ledger_is_summed_up_by_what_it_says_of_the_change_and_around_the_inversion():
    epochs = np.arange(41)
    ledger = pd.concat(
        pd.DataFrame(
            {
                **{"dataset": "d", "seed": seed, "removed": removed, "epoch": epochs},
                # The first step is not what the ledger says; then it is, up to a factor.
                "change": np.where(epochs == 0, -500.0, 2.0 * (seed + 1) * (20 - epochs)),
                **{"stragglers": -(seed + 1.0) * epochs, "others": (seed + 1.0) * 20},
            }
        )
        for seed in (0, 1)
        for removed in ("none", "stragglers")
    )
    runs = pd.DataFrame({"dataset": "d", "removed": "none", "seed": [0, 1], "epoch": pd.array([20, None], "Int32")})
    found = ledger_summary(ledger, runs).set_index("quantity")
    assert found.loc["correlation from epoch 1", "least"] == pytest.approx(1)
    assert found.loc["correlation from epoch 0", "largest"] < 0.95
    assert found.loc["ledger of the first step", "mean"] == 30 and found.loc["change in the first step", "n_runs"] == 2
    # Of the run that inverts, and within its epochs.
    assert found.loc["stragglers at 0.25 t*", ["n_runs", "mean"]].tolist() == [1, 0.25]
    assert found.loc["others at 2 t*", "mean"] == 1 and "others at 4 t*" not in found.index
