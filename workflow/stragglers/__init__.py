"""Class manifolds, their inversion and the stragglers of small networks, in rooms; each knows only those above it.

support     errors, text, files under seal, logs of jobs, intervals, the fingerprint of code
spec        what a study asks for: its file read strictly, its parts as values
data        raw images to prepared datasets
study       a configuration turned into addresses of runs
training    networks, the ensemble that trains them, the trajectory that it leaves
geometry    radii and distance of manifolds, other observables, what counts as an inversion
sets        sets of misclassified points: stragglers, conservation, removal, exemplars
tables      rows of tables, what they are about, and pages that show them
analysis    variance, linear classifiers, planted laws, sweeps of the detection, claims
figures     one module a figure, their registry and style
page        the page of a study to look around in: answer, curves, samples, tables
benchmarks  speed of training, cost of the conservation curve

Source of the definitions: Ciceri et al., arXiv 2303.05161 ("the paper").
"""

import os

# Figures are drawn into files: a display's backend, or one that is not installed, is not for them.
os.environ["MPLBACKEND"] = "agg"
