import numpy as np
import pytest

from workflow.stragglers.analysis.beyond_linear import own_share, predicted
from workflow.stragglers.analysis.ranking import standardised_ranks

P = 6000


def runs_of(truth, noise=0.5, n_runs=8, seed=1):
    return standardised_ranks(truth + noise * np.random.default_rng(seed).standard_normal((n_runs, P)))


@pytest.fixture
def margins():
    return np.random.default_rng(0).standard_normal((2, P))


def test_a_bent_function_of_the_margins_has_nothing_of_its_own(margins):
    truth = np.tanh(3 * margins[0]) + 0.5 * np.abs(margins[1])
    value, low, high = own_share(runs_of(truth), margins)
    assert 0 <= value < 0.03 and low <= value <= high


def test_sets_that_a_margin_cuts_off_with_noise_have_nothing_of_their_own(margins):
    # As straggling: at a margin each run errs with some probability.
    rng = np.random.default_rng(2)
    wrong = rng.random((8, P)) < 1 / (1 + np.exp(4 * (margins[0] + 1.2)))
    assert abs(own_share(standardised_ranks(wrong.astype(float)), margins).value) < 0.03


@pytest.mark.parametrize("own", [0.2, 0.5, 1.0])
def test_a_part_of_its_own_is_found_at_its_size(margins, own):
    rest = np.random.default_rng(3).standard_normal(P)
    value, low, high = own_share(runs_of(np.sqrt(1 - own) * margins[0] + np.sqrt(own) * rest), margins)
    assert value == pytest.approx(own, abs=0.05)
    assert low < value < high


def test_points_are_predicted_from_others():
    # What is drawn for each point alone cannot be told, however well the trees would learn it by heart.
    rng = np.random.default_rng(4)
    target, known = rng.standard_normal(2000), rng.standard_normal((2000, 1))
    assert np.corrcoef(predicted(target, known), target)[0, 1] < 0.1


def test_runs_that_agree_in_nothing_have_no_share(margins):
    assert np.isnan(own_share(runs_of(np.zeros(P)), margins)).all()
