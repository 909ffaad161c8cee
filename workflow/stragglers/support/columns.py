"""The tables of a study: what columns each has, in order. Others' scripts rest on these names.

One row means one thing in every table; what a column holds is said where its table is made.
"""

ADDRESS = ("dataset", "source", "task", "subset", "network", "layer", "optimizer")
"""Which runs a table's row is about; ``layer`` is the place of a hidden layer, from 1 on."""
RUN = (*ADDRESS, "layer_name", "run", "seed", "removed", "draw")
"""Which run; ``run`` is its place in its trajectory. ``layer_name`` is what its network calls the layer, which of a
fully connected one is its number: numbers tell the order, names need not."""
ERRORS = ("loss", "train_error", "test_error")
GROUPS = ("class_a", "class_b")
"""The group that a number is about, or the two; null where it is about all."""
OVERLAP_SUMMARY = ("mean_common", "expected_common", "sd_common", "sd_null", "z", "jaccard", "conditional")
"""What sums up pairs of sets."""
PEAK = ("statistic", "train_error", "ci_low", "ci_high", "value", "plateau_low", "plateau_high")

DYNAMICS = (*RUN, "epoch", *ERRORS)
"""One row a run, layer and epoch. The observables follow, a column each."""
MANIFOLDS = (*RUN, "epoch", "train_error", *GROUPS, "value")
"""One row a run, layer, epoch and group or pair of groups."""
INVERSION = (
    *(*RUN, "observable", *GROUPS),
    *("found", "epoch", "train_error", "test_error", "value", "prominence", "required", "diverged_at"),
)
"""One row a run, layer and observable."""
STRAGGLERS = (
    *(*ADDRESS, "sample_id", "class", "label", "n_runs", "straggler_rate", "consensus", "strict"),
    *("own_rate", "own_runs"),
)
"""One row a cell and training point."""
LISTING = (
    *("sample_id", "file", "row", "class", "straggler_rate", "n_runs", "suggested_class", "margin"),
    *("learned_at", "n_learned", "rank_straggler_rate", "rank_margin", "rank_learned_at"),
)
"""One row a training point of the study's first dataset, reference runs; no table of ``tables/``."""
CONSENSUS = (*ADDRESS, "kind", "n_runs", "fraction", "ci_low", "ci_high")
"""One row a cell and kind of set that runs share."""
CONSERVATION = (*ADDRESS, "alignment", "epoch", "train_error", "n_runs", *OVERLAP_SUMMARY)
"""One row a cell and state at which its runs are compared."""
CONSERVATION_PEAK = (*ADDRESS, "alignment", "n_runs", *PEAK)
"""One row a cell, alignment and statistic."""
OVERLAP = (
    *("dataset", "source", "task", "subset", "network_a", "optimizer_a", "network_b", "optimizer_b", "n_pairs"),
    *OVERLAP_SUMMARY,
)
"""One row a pair of cells of one dataset."""
ABLATION = (
    *(*ADDRESS, "seed", "removed", "draw", "removed_fraction", "removed_error", "n_removed"),
    *("sigma", "test_error", "inversion_found", "diverged_at"),
)
"""One row a retrained run and noise on the test data."""
NESTED = (
    *("source", "task", "network", "layer", "optimizer", "inner", "outer", "n_inner", "n_outer", "kept", "gained"),
)
"""One row a training set inside a larger one."""
VARIANCE = ("quantity", "component", "share", "ci_low", "ci_high", "n_datasets", "n_optimizers", "n_runs", "left_out")
"""One row a quantity and source of its variance."""
DETECTION = (
    *(*ADDRESS, "setting", "value", "own", "n_runs", "n_inverted", "epoch", "eps_star", "ci_low", "ci_high"),
    *("phi_c", "phi_c_low", "phi_c_high"),
)
"""One row a cell and value of a setting."""
PLANTED = (
    *(*ADDRESS, "kind", "mu", "q", "cue", "n_features", "n_samples", "n_planted", "n_runs", "n_inverted"),
    *("error", "ci_low", "ci_high", "closed_form", "recall_closed_form", "precision_closed_form"),
    *("relative_error", "recall", "precision"),
    *(
        column
        for removed in ("none", "random", "stragglers")
        for error in [f"test_error_{removed}"]
        for column in (f"inverted_{removed}", error, f"{error}_low", f"{error}_high")
    ),
)
"""One row a planted dataset, reference runs; what follows are its errors without chosen points."""
LINEAR = (
    *(*ADDRESS, "classifier", "n_samples", "n_features", "train_error", "test_error", "converged"),
    *("eps_star", "ci_low", "ci_high", "n_inverted", "n_runs", "ratio", "jaccard", "jaccard_chance"),
    *("jaccard_runs", "jaccard_runs_low", "jaccard_runs_high"),
    *("jaccard_ratio", "jaccard_ratio_low", "jaccard_ratio_high", "jaccard_run_to_run"),
)
"""One row a dataset and classifier."""
SCORES = (*ADDRESS, "sample_id", "score", "value", "n_runs")
"""One row a cell, training point and score of its difficulty."""
SCORE_SUMMARY = (
    *("dataset", "source", "task", "subset", "score", "n_runs", "n_hardest"),
    *(
        f"{name}{bound}"
        for name in ("jaccard", "rho", "own_share", "recall", "recall_run")
        for bound in ("", "_low", "_high")
    ),
)
"""One row a dataset and score."""
SCORE_PAIRS = (
    *("dataset", "source", "task", "subset", "score_a", "score_b"),
    *("jaccard", "jaccard_low", "jaccard_high", "rho", "rho_low", "rho_high", "jaccard_means", "rho_means"),
)
"""One row a dataset and pair of scores."""
SCORE_STABILITY = (*("dataset", "source", "task", "subset", "score", "size", "measure", "value", "lowest", "highest"),)
"""One row a dataset, score, number of runs and measure of agreement."""
SCORE_VARIANCE = (
    *("dataset", "source", "task", "subset", "score", "component", "share", "share_low", "share_high", "n_runs"),
)
"""One row a dataset, score and component of the variance of its rankings."""
SCORE_REMOVAL = (*ABLATION, "fall")
"""One row a retrained run and noise on the test data; ``removed`` names the score."""
CLAIMS = (
    *("claim", "statement", "source", "figure", "dataset", "statistic", "value", "ci_low", "ci_high", "n_runs"),
    *("note", "threshold", "verdict", "reason"),
)
"""One row a claim and main dataset, or all of them."""
LEDGER = (*ADDRESS, "seed", "removed", "epoch", "D", "change", "stragglers", "others")
"""One row a run and epoch."""
LEDGER_RUNS = (
    *(*ADDRESS, "seed", "removed", "epoch", "n_stragglers", "correlation", "crossing"),
    *("overlap", "overlap_chance", "pull", "against", "balance"),
)
"""One row a run."""
VANISHING = (*ADDRESS, "seed", "scale", "found", "epoch", "depth", "deviation", "radius_deviation")
"""One row a run of a linear network."""
TASKS = (
    *(*ADDRESS, "name", "data", "kind", "classes", "n_samples", "n_features", "minority", "flips", "lda_error"),
    *("logistic_error", "logistic_test_error", "two_nn", "mle", "fisher", "nearest_other", "n_runs", "n_inverted"),
    *("inverts", "t_star", "eps_star", "ci_low", "ci_high", "phi_c"),
)
"""One row a dataset, reference runs, in studies of the question ``tasks``."""
TASKS_MODELS = (
    *("response", "quantity", "model", "term", "held_out", "value", "ci_low", "ci_high", "n_tasks", "n_units"),
)
"""One row a number that says what foretells an inversion."""
TASKS_PREDICTED = ("dataset", "name", "data", "kind", "response", "model", "observed", "predicted", "ratio")
"""One row a task, response and model that was fitted to tasks without its classes."""
CLASSES = (
    *(*ADDRESS, "layer_name", "n_groups", "n_runs", "n_inverted", "t_star", "n_all_radii", "n_all_distances"),
    *("radii", "radii_low", "radii_high", "distances", "distances_low", "distances_high"),
    *("eps_star", "ci_low", "ci_high", "lda_error", "ratio", "ratio_low", "ratio_high"),
)
"""One row a cell and hidden layer."""
CLASSES_POINTS = (
    *("dataset", "source", "task", "subset", "ranking_a", "ranking_b", "n_runs", "n_hardest", "share_a", "share_b"),
    "jaccard_chance",
    *(
        f"{name}{bound}"
        for name in ("jaccard", "rho", "jaccard_ratio", "rho_ratio", "shared_a", "shared_b")
        for bound in ("", "_low", "_high")
    ),
)
"""One row a dataset of many groups and pair of rankings of its points."""
LENSES = (
    *(*ADDRESS, "seed", "t_star", "epoch", "train_error", "n_points"),
    *("distance", "silhouette", "components", "loops", "participation", "two_nn", "mle", "silhouette_stragglers"),
)
"""One row a run and epoch that is looked at."""
LENSES_TURNS = (
    *(*ADDRESS, "seed", "t_star", "lens", "turn", "expected", "n_epochs", "found", "epoch", "ratio", "at_inversion"),
    *("prominence", "required"),
)
"""One row a run, lens and extremum."""
LENSES_MAPS = (*ADDRESS, "seed", "map", "state", "epoch", "sample_id", "label", "straggler", "x", "y")
"""One row a point of a map, kind of map and state of a run."""
CONVOLUTIONS = (
    *(*ADDRESS, "layer_name", "seed", "observable", "found", "epoch", "train_error", "test_error", "depth"),
    *("opposite", "opposite_epoch", "converged", "diverged_at"),
)
"""One row a run, layer and observable, in studies of the question ``convolutions``."""
CONVOLUTIONS_POWER = (*ADDRESS, "layer_name", "seed", "observable", "planted_error", "epoch", "rise", "least")
"""One row a run, layer and observable without a turn, and training error at which one is planted."""
CONVOLUTIONS_CURVES = (*ADDRESS, "layer_name", "seed", "observable", "epoch", "value")
"""One row a run, layer, observable and epoch."""
CONVOLUTIONS_FLIPS = (
    *(*ADDRESS, "seed", "share", "moment", "epoch", "train_error", "clean_error", "flips_error", "precision"),
)
"""One row a run on data with flips, and moment of it."""
