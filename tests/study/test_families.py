import pytest

from workflow.stragglers.study.entries import data_titles
from workflow.stragglers.study.families import expanded, tasks_of
from workflow.stragglers.study.study import Cell, Study
from workflow.stragglers.support.errors import InputError


def test_pairs_are_all_of_ten_classes_each_once():
    tasks = tasks_of("pairs")
    assert len(tasks) == 45
    assert len({frozenset(task["pair"]) for task in tasks.values()}) == 45
    assert tasks["3_5"] == {"pair": [3, 5]}


def test_one_against_the_rest_is_of_each_class():
    assert tasks_of("one_vs_rest") == {str(c): {"one_vs_rest": c} for c in range(10)}


@pytest.mark.parametrize("n", [1, 10, 126])
def test_splits_are_halves_of_the_classes_no_two_the_same(n):
    tasks = tasks_of({"random_splits": n, "seed": 0})
    groups = [task["groups"] for task in tasks.values()]
    assert len({frozenset(map(frozenset, pair)) for pair in groups}) == n == len(tasks)
    for first, second in groups:
        assert len(first) == 5 and sorted(first + second) == [*range(10)]


@pytest.mark.parametrize("kind", ["random_splits", "random_pairs"])
def test_fewer_random_tasks_are_the_first_of_more(kind):
    few, many = (tasks_of({kind: n, "seed": 0}) for n in (3, 10))
    assert few.items() <= many.items() and (len(few), len(many)) == (3, 10)


def test_random_pairs_are_pairs():
    assert tasks_of({"random_pairs": 45, "seed": 1}) == tasks_of("pairs")


def test_another_seed_draws_other_splits():
    assert tasks_of({"random_splits": 5, "seed": 0}) != tasks_of({"random_splits": 5, "seed": 1})


def test_a_family_stands_wherever_it_is_named(config):
    config["datasets"]["rest"] = {"source": "digits", "tasks": "one_vs_rest", "subset": {"first": 300}, "title": "D"}
    config["runs"].append({"datasets": ["digits", "rest"], "seeds": ["7"]})
    study = Study(config)
    assert study.blocks[Cell("rest_3", "reference", "gd")] == ["7"]
    assert study.datasets["rest_3"].task == {"one_vs_rest": 3} and study.titles["rest_3"] == "D: 3 against the rest"
    assert "rest" not in study.datasets and len(study.datasets) == 11


def test_a_dataset_of_a_family_is_the_one_that_is_written_out(config):
    entry = {"source": "digits", "subset": {"first": 300}}
    config["datasets"]["pairs"] = entry | {"tasks": "pairs"}
    written = {**config, "datasets": {"digits": entry, "pairs_3_5": entry | {"task": {"pair": [3, 5]}}}}
    config["datasets"]["pairs"]["subset"] = written["datasets"]["pairs_3_5"]["subset"] = {"first": 100}
    assert Study(config).dataset_address("pairs_3_5") == Study(written).dataset_address("pairs_3_5")


def test_a_config_without_families_stays_as_it_is(config):
    assert expanded(config) == config


def test_a_family_is_not_also_one_task_and_takes_nobodys_name(config):
    config["datasets"]["rest"] = {"source": "digits", "tasks": "one_vs_rest", "task": "parity"}
    with pytest.raises(InputError, match="datasets.rest.tasks: there is a `task`, too"):
        expanded(config)
    del config["datasets"]["rest"]["task"]
    config["datasets"]["rest_3"] = {"source": "digits"}
    with pytest.raises(InputError, match="datasets.rest_3: `tasks` of another entry makes one of this name"):
        expanded(config)


def test_planted_data_have_no_tasks(config):
    config["datasets"]["p"] = {"source": "planted", "planted": {}, "tasks": "pairs"}
    with pytest.raises(InputError, match="planted data have their own labels"):
        Study(config)


def test_data_are_called_what_their_titles_share():
    entries = {
        "few": {"source": "digits", "title": "Digits, 5 % flipped"},
        "many": {"source": "digits", "title": "Digits, 50 % flipped"},
        "mnist": {"source": "MNIST", "title": "MNIST"},
        "small": {"source": "MNIST", "title": "MNIST, P = 2048"},
        "own": {"source": "npz", "file": "a.npz", "title": "Mine"},
        "other": {"source": "npz", "file": "b.npz"},
    }
    named = ("Digits", "Digits", "MNIST", "MNIST", "Mine", "other")
    assert data_titles(entries) == dict(zip(entries, named, strict=True))
    tasks = {
        "pair": {"source": "MNIST", "title": "MNIST", "tasks": "pairs"},
        "rest": {"source": "MNIST", "title": "MNIST", "tasks": "one_vs_rest"},
        "noisy": {"source": "MNIST", "title": "MNIST, 5 % flipped", "tasks": "one_vs_rest"},
    }
    named = data_titles(tasks)
    assert {*named.values()} == {"MNIST"} and len(named) == 65 and "noisy_9" in named
    unlike = {"a": {"source": "digits", "title": "One"}, "b": {"source": "digits", "title": "Two"}}
    assert data_titles(unlike) == {"a": "One", "b": "Two"}
