"""A study's configuration: what its text may not hold, what its values may not be, and what is made of them."""

import json
import subprocess
import sys

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from project import REPOSITORY, TINY
from whole import SCHEMA, load, whole

from workflow.stragglers.spec.configuration import read, reread, validate
from workflow.stragglers.support.errors import InputError


def put(config, path, value):
    *parents, last = path.split(".")
    at = config
    for key in parents:
        at = at[int(key)] if isinstance(at, list) else at[key]
    at[int(last) if isinstance(at, list) else last] = value
    return config


def refusal(config):
    """The one line that a configuration is refused with; any other exception fails the test."""
    with pytest.raises(InputError) as refused:
        load(config)
    (line,) = str(refused.value).splitlines()
    assert len(line) < 500
    return line


def test_the_whole_study_passes():
    assert load(whole())


BEYOND = 10**30
NOT_A_NUMBER = float("nan")
INFINITE = float("inf")


@pytest.mark.parametrize(
    ("path", "value"),
    [
        *((path, NOT_A_NUMBER) for path in ("optimizers.gd.lr", "inversion.prominence", "training.epochs")),
        *((path, NOT_A_NUMBER) for path in ("ablations.0.noise.0", "ablations.0.fractions.0", "inversion.noise")),
        *((path, NOT_A_NUMBER) for path in ("datasets.planted.planted.mu", "optimizers.adam.betas.1")),
        *((path, INFINITE) for path in ("optimizers.gd.lr", "inversion.noise", "training.epochs")),
        *((path, INFINITE) for path in ("ablations.0.noise.0", "datasets.planted.planted.mu", "networks.relu.width")),
        *((path, -INFINITE) for path in ("optimizers.gd.lr", "inversion.noise")),
        *((path, BEYOND) for path in ("training.epochs", "networks.relu.width", "networks.relu.depth")),
        *((path, BEYOND) for path in ("ablations.0.grid", "ablations.0.random_draws", "runs.0.seeds.0")),
        *((path, BEYOND) for path in ("datasets.planted.planted.seed", "optimizers.adam.batch_seed")),
        *((path, BEYOND) for path in ("datasets.planted.planted.n_train", "inversion.smoothing", "inversion.burn_in")),
        *((path, BEYOND) for path in ("datasets.digits.subset.random", "datasets.digits.task.pair.0")),
        *((path, 0) for path in ("training.epochs", "training.test_every", "networks.relu.width", "optimizers.gd.lr")),
        *((path, -1) for path in ("runs.0.seeds.0", "ablations.0.grid", "inversion.burn_in", "training.threads")),
        *((path, 1.5) for path in ("training.epochs", "networks.relu.width", "runs.0.seeds.0", "inversion.layer")),
        *((path, True) for path in ("training.epochs", "optimizers.gd.lr", "runs.0.networks", "networks.relu.width")),
        *((path, None) for path in ("networks.reference", "optimizers.gd", "training", "runs", "datasets.digits")),
        *((path, None) for path in ("inversion", "ablations", "study", "data_dir", "runs.0.seeds")),
        *((path, "") for path in ("study", "runs.0.seeds.0", "training.device", "datasets.digits.task")),
        *((path, {}) for path in ("datasets", "networks", "optimizers", "training", "runs", "runs.0")),
        *((path, []) for path in ("runs", "runs.0.datasets", "runs.0.seeds", "datasets.digits.task.pair")),
        *((path, "x" * 101) for path in ("study", "runs.0.datasets.0", "ablations.0.consensus_from.network")),
        *((path, "tiny\n") for path in ("study", "runs.0.seeds.0", "runs.0.datasets.0", "training.device")),
        *(
            ("study", name)
            for name in ("runs", "logs", "benchmarks", "Runs", "1", "a/b", "..", "a b", "é", "{a}", 1, True)
        ),
        *(("runs.0.seeds.0", block) for block in ("9-0", "0..9", "0-9999999999", "0-20260101", "007", "0x1", "1 - 2")),
        *(("runs.0.seeds.0", seed) for seed in (2**32, 2**64, f"{2**64}-{2**64 + 2}", "9" * 5000)),
        ("ablations.0.seeds.0", "0-9999999999"),
        ("ablations.0.consensus_from.seeds", "0-9999999999"),
        ("optimizers.adam.batch_seed", 2**32),
        ("datasets.digits.subset.seed", 2**32),
        ("ablations.0.noise", [1, 1.0]),
        ("ablations.0.fractions", [0.5, 0.5]),
        ("runs.0.datasets", ["digits", "digits"]),
        ("runs.0.networks", [True]),
        ("runs.0.networks", [1]),
        ("datasets.digits.task", {"pair": [1, 1]}),
        ("datasets.digits.task", {"groups": [[0, 1], [1, 2]]}),
        ("datasets.digits.subset", {"first": 10, "size": 3}),
        ("datasets.digits.source", "digit"),
        ("datasets.planted.task", "parity"),
        ("optimizers.gd.lr", "1e-3"),
        ("optimizers.gd.nesterov", True),
        ("optimizers.gd.betas", [0.9, 0.99]),
        ("training.epochs", 10**12),
        ("training.dtype", "float16"),
        ("networks.relu.width", 10**9),
        ("networks.cnn.width", 10**9),
        ("networks.cnn.stages.0.channels", 10**12),
        ("networks.cnn.stages.0.kernel", 0),
        ("networks.cnn.stages", []),
        ("networks.own.file", "nowhere.py"),
        ("networks.own.layers", []),
        ("networks.own.layers", ["a", "a"]),
        ("networks.own.build", "a b"),
        ("networks.relu.depth", 10**9),
        ("datasets.planted.planted.n_train", 10**12),
        ("ablations.0.random_draws", 10**9),
        ("ablations.0.grid", 10**9),
        ("inversion.smoothing", 10**9),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_a_value_that_cannot_serve_is_named_in_one_line(path, value):
    config = whole()
    if "planted" in path:
        config["runs"].append({"datasets": ["planted"], "seeds": ["0-2"]})
    if "cnn" in path:
        config["runs"].append({"datasets": ["digits"], "networks": ["cnn"], "seeds": ["0-2"]})
    line = refusal(put(config, path, value))
    # The entry of a list, or the list that it stands in.
    section, *_ = path.split(".")
    named = line.removeprefix("config, ").partition(": ")[0]
    assert line.startswith("config, ") and (named.startswith(section) or section in line)
    assert path.split(".")[-1].strip("0123456789") in line or path.rpartition(".")[0] in line


@pytest.mark.parametrize("section", ["datasets", "networks", "optimizers"])
@pytest.mark.parametrize("name", [True, False, None, 1, 1.5, "", "1", "a-b", "a\n", "a\nb", "é", "x" * 101, ("a", 1)])
def test_a_name_that_cannot_serve_is_refused_with_its_section(section, name):
    config = whole()
    config[section][name] = next(iter(config[section].values()))
    assert refusal(config).startswith(f"config, {section}: ")


def paths(config, prefix=""):
    """Every key and place of a configuration."""
    for key, value in config.items() if isinstance(config, dict) else enumerate(config):
        yield f"{prefix}{key}"
        if isinstance(value, dict | list):
            yield from paths(value, f"{prefix}{key}.")


@given(
    st.sampled_from(sorted(paths(whole()))),
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.text(),
        st.dates(),
        st.binary(max_size=3),
        st.lists(st.one_of(st.integers(), st.text(), st.none()), max_size=3),
        st.dictionaries(st.one_of(st.text(max_size=3), st.integers(), st.booleans()), st.integers(), max_size=2),
    ),
)
def test_any_value_of_any_key_passes_or_is_refused_in_one_line(path, value):
    config = put(whole(), path, value)
    try:
        load(config)
    except InputError as error:
        assert str(error).startswith("config, ") and len(str(error).splitlines()) == 1


# Whole numbers


def test_whole_numbers_are_integers_however_they_are_written():
    config = whole()
    for path, value in {
        "training.epochs": 1.2e2,
        "networks.relu.width": 5.0,
        "optimizers.adam.batch_size": 8.0,
        "datasets.digits.task": {"pair": [0.0, 1.0]},
        "datasets.digits.subset": {"random": 100.0, "seed": 3.0},
        "datasets.planted.planted": {"n_train": 100.0, "seed": 1.0},
        "ablations.0.grid": 3.0,
        "inversion.burn_in": 5.0,
    }.items():
        put(config, path, value)
    written, meant = load(config), load(whole())
    assert json.dumps(config) == json.dumps(whole())
    assert written.cells.keys() == meant.cells.keys()


def test_other_numbers_stay_as_they_are():
    config = put(whole(), "optimizers.adam.betas", [0.0, 0.9])
    validate(config, SCHEMA)
    assert (
        repr(config["optimizers"]["adam"]["betas"]) == "[0.0, 0.9]" and repr(config["optimizers"]["gd"]["lr"]) == "0.2"
    )


def test_nested_values_of_the_command_line_are_numbers_again():
    # What Snakemake makes of --config training="{epochs: 5, device: cpu}" runs="[{seeds: [0-2, 7]}]" data_dir=there
    assert reread({"epochs": "5", "device": "cpu", "lr": "0.1"}) == {"epochs": 5, "device": "cpu", "lr": 0.1}
    assert reread([{"seeds": ["0-2", "7"]}]) == [{"seeds": ["0-2", 7]}]
    assert reread("5") == "5"


# The text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("study: a\nstudy: b\n", r"config, study: stands twice, in lines 1 and 2 of .* \(keep one\)"),
        ("a:\n  b: { c: 1, c: 2 }\n", r"config, a\.b\.c: stands twice, in lines 2 and 2"),
        ('{"study": "a", "study": "b"}', "config, study: stands twice"),
        ("networks:\n  on: {}\n", r"config, networks: the name 'on' in line 2 of .* means True .*write 'on' in quotes"),
        ("networks: { no: {} }\n", "config, networks: the name 'no' .* means False"),
        ("networks: { 1: {} }\n", "config, networks: the name '1' .* means 1"),
        ("networks: { ~: {} }\n", "config, networks: the name '~' .* means None"),
        ("runs: [{ seeds: [1:30] }]\n", r"config, runs\.0\.seeds\.0: 1:30 in line 1 of .* means 90 .*1-30"),
        ("runs: [{ seeds: [010] }]\n", r"config, runs\.0\.seeds\.0: 010 .* means 8 "),
        ("lr: 1:30.5\n", r"config, lr: 1:30\.5 .* means 90\.5"),
        ('data_dir: "C:\\Users\\me"\n', r"line 1: .*hexadecimal.*\(write a path with backslashes in single quotes\)"),
        ("study:\n\ta: 1\n", r"line 2: .*\(indent with spaces, not with tabs\)"),
        ("study: [a\n", "line 2: expected"),
        ("study: a\n---\nstudy: b\n", "line 2: but found another document"),
        ("study: *a\n", "line 1: found undefined alias"),
        ("born: 2020-13-45\n", "month must be in 1..12"),
        ("a: " + "[" * 5000, "recursion"),
        ("study: \0\n", "special characters are not allowed"),
        ("", "holds no keys"),
        ("just words\n", "holds no keys"),
        ("- a\n- b\n", "holds no keys"),
        ("study: caf\xe9\n".encode("latin-1"), "is not in UTF-8"),
        ("study: a\n".encode("utf-16"), "is not in UTF-8"),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_a_text_that_says_something_else_than_it_looks_is_refused_in_one_line(tmp_path, text, message):
    file = tmp_path / "study.yaml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(InputError, match=message) as refused:
        read(file)
    assert len(str(refused.value).splitlines()) == 1 and str(refused.value).startswith("config, ")


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InputError, match=r"config, .*nowhere\.yaml: cannot be read: No such file"):
        read(tmp_path / "nowhere.yaml")


@pytest.mark.parametrize(
    "text",
    [
        "study: a # a remark\r\nruns: [0-9]\r\n",
        "\ufeffstudy: 'a'\nruns:\n- 0-9\n",
        '{"study": "a",\n\t"runs": ["0-9"]}',
        "defaults: &d { study: b, runs: [0-9] }\n<<: *d\nstudy: a\n",
        "{ study: a, runs: [0-9] }",
    ],
)
def test_all_that_yaml_and_json_allow_is_read(tmp_path, text):
    file = tmp_path / "study.yaml"
    file.write_bytes(text.encode())
    config = read(file)
    assert (config["study"], config["runs"]) == ("a", ["0-9"])


def test_every_shipped_file_is_unambiguous():
    for file in (REPOSITORY / "config").rglob("*.yaml"):
        assert read(file) == yaml.safe_load(file.read_text(encoding="utf-8"))


def test_the_check_prints_where_the_products_go(tmp_path):
    def check(file):
        command = [sys.executable, "-m", "workflow.check", str(file)]
        return subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True)

    file = tmp_path / "my study.yaml"
    file.write_text(yaml.safe_dump(TINY), encoding="utf-8")
    assert check(file).stdout == "results/tiny\n"
    file.write_text("study: $(touch pwned)\nstudy: b\n", encoding="utf-8")
    done = check(file)
    assert done.returncode == 1 and done.stdout == ""
    assert done.stderr.startswith("Error: config, study: stands twice") and done.stderr.count("\n") == 1
