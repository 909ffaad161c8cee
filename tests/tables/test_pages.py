import numpy as np
import pandas as pd

from workflow.stragglers.tables.pages import claims_page


def test_verdicts_come_first_and_are_counted_apart_from_claims_without_a_value():
    row = {
        "dataset": "digits",
        "source": "ours",
        "figure": "1",
        "statistic": "share",
        "threshold": "≥ 1",
        "reason": "so",
    }
    claims = pd.DataFrame(
        [
            row | {"statement": "A.", "value": 2.0, "verdict": "reproduced", "n_runs": 5},
            row | {"statement": "B.", "value": np.nan, "verdict": "inconclusive", "n_runs": 0},
        ]
    ).assign(ci_low=np.nan, ci_high=np.nan, note="")
    page = claims_page(claims)
    assert "1 reproduced, 0 not reproduced, 0 inconclusive, 1 no runs to tell" in page
    assert page.index("<th>verdict") < page.index("<th>dataset")
    assert page.count(">inconclusive<") == 0 and page.count("no runs to tell<") == 1
