"""What scores of the difficulty of points are called. Importable without what computes them."""

STRAGGLER = "straggler"
LINEAR = ("lda", "logistic", "logistic_early")
"""Scores that are margins of linear classifiers."""
AT_INVERSION = (STRAGGLER, "el2n_inversion", "aum_inversion")
"""Scores that ask where a run inverts; the others are those of the field."""
LABEL_QUALITY = "label_quality"

TITLES = {
    STRAGGLER: "straggler rate",
    "learning_time": "learning time",
    "forgetting": "forgetting events",
    "el2n_0": "EL2N, epoch 0",
    "el2n_20": "EL2N, epoch 20",
    "el2n_100": "EL2N, epoch 100",
    "el2n_inversion": "EL2N at t*",
    "el2n_end": "EL2N, last epoch",
    "grand_0": "GraNd, epoch 0",
    "grand_20": "GraNd, epoch 20",
    "grand_100": "GraNd, epoch 100",
    "grand_end": "GraNd, last epoch",
    "aum_inversion": "area under the margin to t*",
    "aum": "area under the margin",
    "confidence": "confidence",
    "variability": "variability",
    "lda": "margin of LDA",
    "logistic": "logistic margin",
    "logistic_early": "logistic margin, stopped early",
    LABEL_QUALITY: "cleanlab's label quality",
}
"""Score -> what figures call it. All are larger for harder points."""

ALL_SCORES = "all"
"""What ``score`` says of all of them together."""
ONE_DIRECTION = "one direction"
"""What ``component`` says of the first principal component of their mean rankings."""

STRAGGLERS_ONLY, LINEAR_ONLY = "straggler only", "linear only"
"""What ``removed`` says, of the hardest by the straggler rate and by a linear margin, of those that the other does not
name."""
