"""Class manifolds, their inversion and the stragglers of small networks.

The modules in the order the data flow: ``specification`` -> ``datasets`` -> ``networks`` ->
``recorder`` and ``trajectory`` -> ``training`` -> ``geometry`` -> ``inversion`` ->
``misclassified`` -> ``ablation`` -> ``claims`` and the other tables -> one module a figure. Each
knows only those before it. ``study`` turns a configuration into addresses of runs.

Source of the definitions: Ciceri et al., *Inversion dynamics of class manifolds in deep
learning reveals tradeoffs underlying generalisation*, arXiv 2303.05161 ("the paper").
"""

import os

# Figures are drawn into files: a display's backend, or one that is not installed, is not for them.
os.environ["MPLBACKEND"] = "agg"
