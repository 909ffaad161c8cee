import subprocess
import sys
import textwrap

from project import REPOSITORY

TRAINS = """
    import sys
    from pathlib import Path

    import pandas as pd

    sys.path.insert(0, "tests")
    from conftest import synthetic
    from workflow.stragglers.spec.specification import Network, Optimizer, Protocol
    from workflow.stragglers.training.loop import train

    module = Network(kind="module", file="networks/residual.py", layers=("stem",))
    batches = Optimizer("Adam", batch_size=50, settings={"lr": 0.01})
    runs = pd.DataFrame({"seed": [0, 1], "removed": "none", "draw": 0})
    for name, network in {"dense": Network(), "module": module}.items():
        for optimizer in (Optimizer(settings={"lr": 0.1}), batches):
            names = {"folder": Path(sys.argv[1]) / name / optimizer.algorithm, "name": name, "code": "code"}
            train(synthetic(shape=(8, 8)), network, optimizer, Protocol(epochs=2), runs=runs, **names)
    print(*sys.modules)
"""


def test_training_imports_neither_torchs_compiler_nor_its_algebra(tmp_path):
    command = [sys.executable, "-c", textwrap.dedent(TRAINS), tmp_path]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    imported = {*done.stdout.split()}
    assert "torch" in imported and not {"torch._dynamo", "sympy"} & imported
