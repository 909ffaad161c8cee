from dataclasses import MISSING, fields, replace

import numpy as np
import pytest
import yaml
from conftest import own
from project import REPOSITORY

from workflow.stragglers.data import datasets
from workflow.stragglers.spec.canonical import canonical
from workflow.stragglers.spec.configuration import validate
from workflow.stragglers.spec.specification import AblationPlan, Defining, Detection, Network, Optimizer, Protocol
from workflow.stragglers.study.footprint import refuse_beyond
from workflow.stragglers.study.study import Cell, Study
from workflow.stragglers.support.errors import InputError

SCHEMA = REPOSITORY / "workflow/schemas/config.schema.yaml"
STUDIES = sorted(
    path
    for path in (REPOSITORY / "config").rglob("*.yaml")
    if "study" in yaml.safe_load(path.read_text(encoding="utf-8"))
)
REFERENCE = Cell("digits", "reference", "gd")


def refused(config, message):
    with pytest.raises(InputError, match=message):
        Study(config)


# Addresses


def test_runs_are_every_combination_of_an_entrys_lists(config):
    config["runs"] = [
        {"datasets": ["digits"], "networks": ["reference", "relu"], "optimizers": ["gd", "adam"], "seeds": ["0-2", 5]}
    ]
    study = Study(config)
    assert set(study.blocks) == {
        Cell("digits", network, optimizer) for network in ("reference", "relu") for optimizer in ("gd", "adam")
    }
    assert study.blocks[REFERENCE] == ["0-2", "5"]


def test_entries_of_one_cell_add_up(config):
    config["runs"].append({"datasets": ["digits"], "seeds": ["0-2", "3-4"]})
    assert Study(config).blocks[REFERENCE] == ["0-2", "3-4"]


def test_an_address_names_what_it_means(config):
    dataset, network, optimizer, seeds = Study(config).run_address(REFERENCE, "0-2").removeprefix("runs/").split("/")
    assert [part.partition("-")[0] for part in (dataset, network, optimizer)] == ["digits", "reference", "gd"]
    assert seeds == "seeds-0-2"


@pytest.mark.parametrize(
    ("change", "same"),
    [
        (lambda c: c.update(study="other"), True),
        (lambda c: c["datasets"]["digits"].update(title="Digits", task="parity"), True),
        (
            lambda c: [
                c[part][name].update(title="Ours") for part, name in (("networks", "reference"), ("optimizers", "gd"))
            ],
            True,
        ),
        (lambda c: c["networks"].update(reference={"width": 20, "depth": 2, "activation": "tanh"}), True),
        (lambda c: c["optimizers"]["gd"].update(algorithm="SGD", batch_seed=0), True),
        (lambda c: c["optimizers"]["adam"].update(lr=0.5), True),
        (lambda c: c["training"].update(test_every=10, dtype="float32", device="cpu", threads=2), True),
        (lambda c: c.update(inversion={"burn_in": 50}), True),
        (lambda c: c["datasets"]["digits"].update(task={"pair": [0, 1]}), False),
        (lambda c: c["datasets"]["digits"].update(subset={"first": 301}), False),
        (lambda c: c["networks"].update(reference={"width": 21}), False),
        (lambda c: c["optimizers"]["gd"].update(lr=0.21), False),
        (lambda c: c["optimizers"]["gd"].update(batch_size=50), False),
        (lambda c: c["training"].update(epochs=121), False),
        (lambda c: c["training"].update(dtype="float64"), False),
    ],
)
def test_a_runs_address_changes_exactly_with_its_meaning(config, change, same):
    before = Study(config)
    address, specification = before.run_address(REFERENCE, "0-2"), before.training_specification(REFERENCE)
    change(config)
    after = Study(config)
    assert (after.run_address(REFERENCE, "0-2") == address) is same
    assert (after.training_specification(REFERENCE) == specification) is same


def until_inversion(config):
    """``config`` without what ``until`` is refused with, and with it."""
    del config["ablations"]
    config["training"]["until"] = "inversion"
    return config


def test_what_decides_on_the_length_of_a_training_is_in_its_address_and_only_then(config):
    fixed = Study(config)
    config["inversion"] = {"noise": 3}
    assert Study(config).run_address(REFERENCE, "0-2") == fixed.run_address(REFERENCE, "0-2")
    config["training"]["until"] = "epochs"
    assert Study(config).run_address(REFERENCE, "0-2") == fixed.run_address(REFERENCE, "0-2")
    first = Study(until_inversion(config))
    config["inversion"] = {"noise": 4, "observable": "R_plus"}
    second = Study(config)
    assert fixed.decision == () and second.decision == (second.defining, second.detection)
    assert len({study.run_address(REFERENCE, "0-2") for study in (fixed, first, second)}) == 3


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"ablations": [{"datasets": ["digits"], "seeds": ["0-2"]}]}, "and ablations are of one length"),
        ({"runs": [{"datasets": ["digits"], "seeds": ["0-2", "3-5"]}]}, "and digits has several"),
    ],
)
def test_runs_of_many_lengths_that_are_compared_epoch_by_epoch_are_refused(config, change, message):
    refused(until_inversion(config) | change, f"config, training.until: each block of seeds .* {message}")


def test_a_changed_own_file_changes_the_address(config, tmp_path):
    config["data_dir"] = str(tmp_path)
    config["datasets"]["digits"] = {"source": "npz", "file": "own.npz"}
    addresses = set()
    for value in (0, 1):
        own(tmp_path, y_test=np.arange(value, value + 20) % 4)
        addresses.add(Study(config).run_address(REFERENCE, "0-2"))
    assert len(addresses) == 2


def test_a_changed_module_changes_the_address(config, tmp_path):
    file = tmp_path / "mine.py"
    config["networks"]["reference"] = {"kind": "module", "file": str(file), "layers": ["0"]}
    refused(config, r"networks.reference.file: '.*mine\.py' is no file of the folder that the study runs in")
    assert Study(config, reads_data=False).networks["reference"].content is None
    addresses = set()
    for text in ("pass", "pass # here"):
        file.write_text(text, encoding="utf-8")
        addresses.add(Study(config).run_address(REFERENCE, "0-2"))
    assert len(addresses) == 2


def test_stages_written_out_are_the_default_ones(config):
    short, long = ({"kind": "convolutional"}, {"kind": "convolutional", "maps": "flattened"})
    long["stages"] = [{"channels": 8, "kernel": 5, "stride": 2, "pool": 1}, {"channels": 16.0}]
    config["networks"] |= {"short": short, "long": long}
    validate(config, SCHEMA)
    networks = Study(config).networks
    assert networks["short"] == networks["long"]
    assert canonical(networks["short"]) == '[{"kind": "convolutional"}]'


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        (
            {"stages": [{"channels": 3}]},
            r"stages: a dense network has no such key; it takes activation, depth, scale, width",
        ),
        ({"maps": "pooled"}, r"maps: a dense network has no such key"),
        ({"kind": "convolutional", "file": "a.py"}, r"file: a convolutional network has no such key"),
        ({"kind": "module", "file": "a.py", "layers": ["0"], "width": 3}, r"width: a module network has no such key"),
        ({"kind": "module", "layers": ["0"]}, r"file: a module needs it; give the file"),
        ({"kind": "module", "file": "a.py"}, r"layers: a module needs it; give names of the submodules"),
    ],
)
def test_a_key_of_another_kind_of_network_is_named(config, entry, message):
    config["networks"]["relu"] = entry
    validate(config, SCHEMA)
    refused(config, f"^config, networks.relu.{message}")


@pytest.mark.parametrize(
    "dataset", [{"source": "planted", "planted": {"n_train": 50}}, {"source": "npz", "file": "own.npz"}]
)
def test_vectors_for_a_convolutional_network_are_named(config, tmp_path, dataset):
    own(tmp_path, x_train=np.eye(40), x_test=np.eye(20, 40))
    config["data_dir"] = str(tmp_path)
    config["datasets"]["vectors"] = dataset
    config["networks"]["cnn"] = {"kind": "convolutional"}
    config["runs"].append({"datasets": ["digits", "vectors"], "networks": ["relu", "cnn"], "seeds": ["7"]})
    refused(config, "runs.3.networks: cnn is convolutional and needs images, and the samples of vectors are vectors")


def test_the_first_dataset_of_a_source_and_task_is_the_main_one(config):
    config["datasets"] |= {
        "half": {"source": "digits", "subset": {"first": 150}},
        "pair": {"source": "digits", "task": {"pair": [0, 1]}},
        "unused": {"source": "digits", "subset": {"first": 100}},
    }
    # The order of the runs says nothing.
    config["runs"].insert(0, {"datasets": ["half", "pair"], "seeds": ["0-2"]})
    assert Study(config).main_datasets == {"digits": ["digits", "half"], "pair": ["pair"]}


def test_run_columns_are_the_tables_address(config):
    assert Study(config).run_columns(REFERENCE) == {
        "dataset": "digits",
        "source": "digits",
        "task": "parity",
        "subset": "first 300",
        "network": "reference",
        "optimizer": "gd",
    }


# Mistakes in a study


@pytest.mark.parametrize("key", ["datasets", "networks", "optimizers"])
def test_an_undefined_name_is_named_with_the_defined_ones(config, key):
    config["runs"][1] = {"datasets": ["digits"], "seeds": ["0-2"], key: ["missing"]}
    refused(config, rf"runs.1.{key}: 'missing' is not defined; `{key}` has {', '.join(config[key])}")


def test_a_seed_in_two_blocks_is_named(config):
    config["runs"].append({"datasets": ["digits"], "seeds": ["2-4"]})
    refused(config, r"runs.3.seeds: seed 2 of '2-4' is already in another block of digits, reference, gd")


def test_a_block_that_runs_backwards_is_named(config):
    config["runs"][0]["seeds"] = ["4-2"]
    refused(config, r"seeds: '4-2' is no block")


def test_an_ablation_without_its_runs_names_the_seed(config):
    config["ablations"][0]["seeds"] = ["0-5"]
    refused(config, r"ablations.0.seeds: digits, reference, gd has no run of seed 3; add it to `runs`")


def test_an_ablation_may_repeat_seeds_of_several_blocks(config):
    config["runs"][0]["seeds"] = ["0-2", "3-9"]
    config["ablations"][0]["seeds"] = ["1-4"]
    study = Study(config)
    assert study.blocks_with(REFERENCE, range(1, 5)) == ["0-2", "3-9"]
    assert list(study.ablations) == [(REFERENCE, "1-4")]


@pytest.mark.parametrize("seeds", ["0-2", "1-2", "2"])
def test_a_seed_that_is_ablated_twice_is_refused(config, seeds):
    config["ablations"].append({"datasets": ["digits"], "seeds": [seeds]})
    refused(config, rf"ablations.1.seeds: seed {seeds[0]} of '{seeds}' is already ablated in another block of digits")


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ({"seeds": "3-5"}, "digits, reference, gd has no run of seed 3"),
        ({"seeds": "0-2", "network": "wide"}, "digits, wide, gd has no run of seed 0"),
        ({"seeds": "0-2", "optimizer": "sgd"}, "digits, reference, sgd has no run of seed 0"),
    ],
)
def test_a_consensus_without_its_runs_is_named(config, source, message):
    config["ablations"][0]["consensus_from"] = source
    refused(config, rf"ablations.0.consensus_from: {message}")


def test_an_unknown_setting_of_an_optimizer_is_named(config):
    config["optimizers"]["adam"]["momentum"] = 0.9
    refused(config, r"optimizers.adam.momentum: Adam has no such setting")


@pytest.mark.parametrize("entry", [{"source": "npz"}, {"source": "digits", "file": "own.npz"}])
def test_npz_and_file_come_together(config, entry):
    config["datasets"]["digits"] = entry
    refused(config, r"datasets.digits.file: give it with `source: npz`")


def test_a_missing_own_file_names_its_dataset(config, tmp_path):
    config |= {"data_dir": str(tmp_path)}
    config["datasets"]["digits"] = {"source": "npz", "file": "own.npz"}
    refused(config, rf"datasets.digits: .*own.npz.* is not in `data_dir` \({tmp_path}\)")


def test_a_damaged_local_file_names_its_dataset(config, tmp_path):
    (tmp_path / "MNIST/raw").mkdir(parents=True)
    config |= {"data_dir": str(tmp_path)}
    config["datasets"]["digits"] = {"source": "MNIST"}
    # An empty folder is what a download without internet leaves: as good as none.
    assert Study(config)
    (tmp_path / "MNIST/raw/t10k-labels-idx1-ubyte").touch()
    refused(config, r"datasets.digits: .*t10k-labels-idx1-ubyte is not the official MNIST file")


# The schema


def at(config, path, value):
    *parents, last = path.split(".")
    for key in parents:
        config = config[int(key)] if isinstance(config, list) else config[key]
    config[last] = value


def test_a_valid_study_passes(config):
    validate(config, SCHEMA)


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("epochs", 3, r"top level: .*'epochs' was unexpected.*known keys: study"),
        ("training.epoch", 3, r"training: .*'epoch' was unexpected.*known keys: epochs"),
        ("optimizers.gd.lr", -0.1, r"optimizers.gd.lr: -0.1 is less than or equal to .*0 .*Learning rate"),
        ("optimizers.gd.lr", "1e-3", r"optimizers.gd.lr: '1e-3' is not of type 'number'"),
        ("optimizers.gd.algorithm", "Adamm", r"optimizers.gd.algorithm: 'Adamm' is not one of"),
        ("optimizers.gd.momentum", 1, r"optimizers.gd.momentum: 1 is greater than or equal to"),
        ("training.epochs", 0, r"training.epochs: 0 is less than the minimum of 1"),
        ("training.epochs", 1.5, r"training.epochs: 1.5 is not of type 'integer'"),
        ("training.dtype", "float16", r"training.dtype: 'float16' is not one of"),
        ("datasets.digits.source", "EMNIST", r"datasets.digits.source: 'EMNIST' is not one of"),
        ("datasets.digits.task", "odd", r"datasets.digits.task: 'odd'"),
        ("datasets.digits.task", {"pair": [1]}, r"datasets.digits.task.pair: \[1\] is too short"),
        ("datasets.digits.task", {"pair": [1, 1]}, r"datasets.digits.task.pair: \[1, 1\] has non-unique"),
        ("datasets.digits.subset", {"first": 1}, r"datasets.digits.subset.first: 1 is less than the minimum of 2"),
        ("datasets.digits.subset", {"random": 9}, r"datasets.digits.subset: "),
        ("networks.relu.depth", 1, r"networks.relu.depth: 1 is less than the minimum of 2"),
        ("networks.relu.activation", "gelu", r"networks.relu.activation: 'gelu' is not one of"),
        ("networks.a-b", {}, r"networks: 'a-b' does not match"),
        ("runs", [], r"runs: \[\] should be non-empty"),
        ("runs.0.seeds", ["0..3"], r"runs.0.seeds.0: '0..3' does not match"),
        ("runs.0.seeds", "0-3", r"runs.0.seeds: '0-3' is not of type 'array'"),
        ("study", "my study", r"study: 'my study' does not match"),
        ("study", "runs", r"study: 'runs' does not match"),
        ("inversion", {"observable": "Q"}, r"inversion.observable: 'Q' is not one of"),
        ("ablations.0.noise", [0], r"ablations.0.noise.0: 0 is less than or equal to"),
    ],
)
def test_the_schema_names_the_key_and_the_problem(config, path, value, message):
    at(config, path, value)
    with pytest.raises(InputError, match=f"^config, {message}"):
        validate(config, SCHEMA)


@pytest.mark.parametrize("key", ["study", "datasets", "networks", "optimizers", "training", "runs"])
def test_a_missing_section_is_named(config, key):
    del config[key]
    with pytest.raises(InputError, match=f"'{key}' is a required property"):
        validate(config, SCHEMA)


@pytest.mark.parametrize(("section", "name"), [("networks", "reference"), ("optimizers", "gd")])
def test_the_reference_must_be_defined(config, section, name):
    config[section] = {"other": config[section][name]}
    with pytest.raises(InputError, match=f"config, {section}: '{name}' is a required property"):
        validate(config, SCHEMA)


def properties(node, path=""):
    """Every property of a schema, wherever it stands, with its path."""
    if isinstance(node, dict):
        for name, value in node.get("properties", {}).items() if isinstance(node.get("properties"), dict) else ():
            yield f"{path}.{name}", value
        for key, value in node.items():
            yield from properties(value, f"{path}.{key}")
    elif isinstance(node, list):
        for number, value in enumerate(node):
            yield from properties(value, f"{path}.{number}")


def test_every_key_of_the_schema_is_described():
    schema = yaml.safe_load(SCHEMA.read_text(encoding="utf-8"))
    described = schema["$defs"]
    found = dict(properties(schema))
    # Each form of a subset is explained as a whole, by the description of `subset`.
    bare = [
        path
        for path, value in found.items()
        if not (value.get("description") or described.get(value.get("$ref", "").split("/")[-1], {}).get("description"))
        and ".subset." not in path
    ]
    assert len(found) > 50 and bare == []


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("networks.additionalProperties", Network),
        ("optimizers.additionalProperties", Optimizer),
        ("training", Protocol),
        ("inversion", Detection),
        ("inversion", Defining),
        ("ablations.items", AblationPlan),
    ],
)
def test_the_schemas_defaults_are_those_of_the_code(path, kind):
    schema = yaml.safe_load(SCHEMA.read_text(encoding="utf-8"))["properties"]
    for key in path.split("."):
        schema = schema[key]
    for field in fields(kind):
        if field.default not in (MISSING, None):
            default = schema["properties"][field.name]["default"]
            if field.name == "stages":
                assert Network(stages=default).stages == field.default
                continue
            assert (tuple(default) if isinstance(default, list) else default) == field.default, field.name


@pytest.mark.parametrize("path", STUDIES, ids=lambda path: path.stem)
def test_every_shipped_study_is_valid(path, tmp_path, monkeypatch):
    shipped = yaml.safe_load(path.read_text(encoding="utf-8"))
    validate(shipped, SCHEMA)
    # Its own files may be elsewhere.
    monkeypatch.setattr(datasets, "content", lambda *_: "hash")
    monkeypatch.setattr(datasets, "check", lambda *_: None)
    monkeypatch.chdir(REPOSITORY)
    study = Study(shipped | {"data_dir": str(tmp_path)})
    assert study.blocks and len(set(study.cells)) == len(study.blocks)


def test_data_that_cannot_serve_are_refused_before_anything_runs(config, tmp_path):
    config["datasets"]["digits"]["subset"] = {"first": 1501}
    with pytest.raises(InputError, match=r"datasets\.digits: `subset` .* 1501 .* 1500"):
        Study(config)
    own(tmp_path, y_train=np.zeros(40, int))
    config["data_dir"] = str(tmp_path)
    config["datasets"]["digits"] = {"source": "npz", "file": "own.npz"}
    with pytest.raises(InputError, match=r"datasets\.digits: .* label \+1"):
        Study(config)
    own(tmp_path, x_test=np.full((20, 3, 4), np.nan))
    with pytest.raises(InputError, match=r"datasets\.digits: .*own\.npz: x_test holds NaN"):
        Study(config)
    (tmp_path / "own.npz").write_bytes(b"PK")
    with pytest.raises(InputError, match=r"datasets\.digits: .*own\.npz cannot be read"):
        Study(config)


def test_optimizers_that_differ_in_their_batches_order_bear_one_name(config):
    batch = {"lr": 0.1, "batch_size": 8}
    optimizers = {
        "gd": {"lr": 0.1},
        "other_seed": {**batch, "batch_seed": 1},
        "batch": batch,
        "larger": {**batch, "batch_size": 9},
    }
    expected = {"gd": "gd", "batch": "other_seed", "other_seed": "other_seed", "larger": "larger"}
    assert Study({**config, "optimizers": optimizers | {"adam": {}}}).batch_orders.items() >= expected.items()


def test_the_reference_keeps_its_name_beside_other_orders_of_its_batches(config):
    batch = {"lr": 0.1, "batch_size": 8}
    config["optimizers"] = {"another_order": {**batch, "batch_seed": 1}, "gd": batch, "adam": {"algorithm": "Adam"}}
    assert Study(config).batch_orders == {"gd": "gd", "another_order": "gd", "adam": "adam"}


def test_a_tilde_is_the_home_folder_and_a_variable_is_none(config, monkeypatch):
    monkeypatch.setenv("HOME", "/some/where")
    assert Study({**config, "data_dir": "~/data"}).data_dir == "/some/where/data"
    refused({**config, "data_dir": "$HOME/data"}, r"config, data_dir: \$HOME/data holds a variable \(write ~")


def test_prepared_data_may_be_gone_and_are_not_looked_at_again(config, tmp_path):
    config |= {"data_dir": str(tmp_path)}
    config["datasets"]["digits"] = {"source": "npz", "file": "own.npz"}
    own(tmp_path)
    before = Study(config)
    (tmp_path / "own.npz").unlink()
    other = replace(before.datasets["digits"], content="other", subset={"first": 2})
    after = Study(config, prepared=[other, before.datasets["digits"]])
    assert after.run_address(REFERENCE, "0-2") == before.run_address(REFERENCE, "0-2")
    assert Study(config, reads_data=False)
    with pytest.raises(InputError, match="own.npz"):
        Study(config, prepared=[other])


def test_runs_beyond_the_machine_name_the_key_that_is_out_of_the_ordinary(config):
    study = Study(config)
    refuse_beyond(study, memory=1e9, disk=1e9)
    with pytest.raises(
        InputError, match=r"config, training\.epochs: seeds 0-2 of digits, reference, gd need .* GB of disk"
    ):
        refuse_beyond(Study({**config, "training": {"epochs": 10**8}}), memory=1e12, disk=1e9)
    config["networks"]["relu"]["width"] = 10**6
    with pytest.raises(InputError, match=r"config, networks\.relu\.width: .* digits, relu, gd need .* GB of memory"):
        refuse_beyond(Study(config), memory=1e9, disk=1e15)


@pytest.mark.parametrize("task", ["classes", {"groups": [[0, 1], [2], [3]]}])
def test_radii_of_two_groups_define_nothing_where_there_are_more(config, task):
    config["datasets"]["digits"]["task"] = task
    Study(config)
    config["inversion"] = {"observable": "R_plus"}
    with pytest.raises(InputError, match=r"config, inversion.observable: R_plus is of two groups.*digits.*take D or R"):
        Study(config)


# Own data


@pytest.fixture
def own_config(config, tmp_path):
    """The small study on a table and an archive that is not split."""
    (tmp_path / "a.csv").write_text("kind,x,y\n" + "u,1,2\nv,2,1\n" * 5, encoding="utf-8")
    np.savez(tmp_path / "a.npz", X=np.eye(10), y=np.array(["u", "v"] * 5))
    datasets = {
        "digits": {"source": "table", "file": "a.csv", "label": "kind"},
        "arrays": {"source": "npz", "file": "a.npz"},
    }
    return config | {"datasets": datasets, "data_dir": str(tmp_path)}


def test_own_data_tell_every_class_and_hold_a_fifth_back(own_config):
    study = Study(own_config)
    for dataset in study.datasets.values():
        assert (dataset.task, dataset.test_fraction) == ("classes", 0.2) and len(dataset.content) == 64
    assert study.vectors == {"digits", "arrays"}


def test_how_own_data_are_read_is_in_their_address_and_no_word_to_training(own_config):
    before = Study(own_config)
    own_config["datasets"]["digits"]["test_fraction"] = 0.3
    after = Study(own_config)
    assert before.dataset_address("digits") != after.dataset_address("digits")
    assert before.training_specification(REFERENCE) == after.training_specification(REFERENCE)
    assert "test_fraction" not in before.training_specification(REFERENCE)


def test_own_data_that_are_gone_are_what_was_prepared_of_them(own_config, tmp_path):
    before = Study(own_config)
    for file in tmp_path.iterdir():
        file.unlink()
    refused(own_config, r"datasets.digits: `file: a.csv` is not in `data_dir`")
    after = Study(own_config, prepared=list(before.datasets.values()))
    assert after.datasets == before.datasets


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"source": "table"}, "datasets.digits.file: give it with `source: npz` or `folder` or `table`"),
        ({"source": "sklearn"}, "datasets.digits.name: give it with `source: sklearn`"),
        ({"source": "sklearn", "name": "wine", "label": "a"}, "datasets.digits.label: give it with `source: table`"),
        ({"source": "digits", "test_fraction": 0.3}, "datasets.digits.test_fraction: give it with"),
        ({"source": "table", "file": "a.csv"}, "a.csv has no column 'label' .*: kind, x, y"),
    ],
)
def test_a_key_of_another_source_is_refused(own_config, entry, message):
    own_config["datasets"]["digits"] = entry
    refused(own_config, message)


def test_a_share_to_test_of_an_archive_that_is_split_is_refused(config, tmp_path):
    own(tmp_path)
    entry = {"source": "npz", "file": "own.npz", "test_fraction": 0.3}
    refused(config | {"data_dir": str(tmp_path), "datasets": {"digits": entry}}, "test_fraction: own.npz has a test")


# Wrong labels


def test_flips_make_another_dataset_and_train_as_told_by_its_address_alone(config):
    before = Study(config)
    config["datasets"]["digits"]["flips"] = 0.1
    after = Study(config)
    assert before.dataset_address("digits") != after.dataset_address("digits")
    assert before.training_specification(REFERENCE) == after.training_specification(REFERENCE)
    assert after.run_columns(REFERENCE)["source"] == "digits with 0.1 of the labels flipped"


def test_flips_are_of_data_that_come_split(config, tmp_path):
    refused(
        config | {"datasets": {"digits": {"source": "planted", "planted": {}, "flips": 0.1}}},
        r"datasets.digits.flips: give it with `source: digits",
    )
    np.savez(tmp_path / "own.npz", X=np.arange(80.0).reshape(20, 4), y=np.arange(20) % 2)
    entry = {"source": "npz", "file": "own.npz", "flips": 0.1}
    refused(config | {"data_dir": str(tmp_path), "datasets": {"digits": entry}}, "flips: own.npz is not split")
