from dataclasses import replace

import pytest

from elman.errors import DataError
from elman.lab.execute import execute
from elman.lab.named.registry import DEFAULT, LABS, find_lab
from elman.lab.options import LabOptions
from elman.lab.record import RunMetrics
from elman.lab.settings import Settings
from elman.lab.spec import Lab
from elman.report.write import write_report
from lab.fakes import make_record

OWN = "s_t = tanh(A s_{t-1} + B x_t + b)\ny_t = C s_t"


@pytest.mark.parametrize("named", LABS, ids=lambda named: named.name)
@pytest.mark.parametrize("quick", [False, True])
def test_every_lab_can_be_planned(named, quick):
    lab = named.make(LabOptions(quick=quick, command="elman lab it"))
    assert isinstance(lab, Lab)
    assert lab.name == named.name and lab.title and lab.question.endswith((".", "?"))
    assert lab.command == "elman lab it"
    assert {spec.task for spec in lab.specs} <= set(lab.tasks)
    keys = [spec.key("") for spec in lab.specs]
    assert len(set(keys)) == len(keys)
    names = [spec.title for spec in lab.specs]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("named", LABS, ids=lambda named: named.name)
def test_every_lab_takes_ones_own_equations_and_every_option(named):
    options = LabOptions(
        cells=(OWN,),
        lengths=(12,),
        seeds=2,
        hidden_size=6,
        settings=Settings(training={"batch_size": 5}, task={"test_size": 7}),
    )
    lab = named.make(options)
    assert {spec.seed for spec in lab.specs} == {0, 1}
    assert {spec.length for spec in lab.specs} <= {12, None}
    assert {spec.sizes["s"] for spec in lab.specs} == {6}
    assert {spec.training["batch_size"] for spec in lab.specs} == {5}
    assert {spec.options["test_size"] for spec in lab.specs if spec.length} == {7}


@pytest.mark.parametrize("named", LABS, ids=lambda named: named.name)
def test_a_run_of_every_lab_reaches_its_report(named, tmp_path):
    few = {"max_steps": 2, "batch_size": 4, "evaluate_every": 2}
    settings = Settings(few, {"test_size": 20, "validation_size": 20})
    options = LabOptions(cells=(OWN,), lengths=(6,), hidden_size=4, settings=settings, quick=True)
    lab = named.make(options)
    metrics = execute(replace(lab.specs[0], beyond=lab.specs[0].beyond[:1]))
    assert isinstance(metrics, RunMetrics)
    record = make_record(lab.specs[0], metrics=metrics)
    page = write_report(lab, {record.key: record}, "code 1", tmp_path)
    assert lab.title in page.read_text(encoding="utf-8")


def test_the_default_is_a_lab():
    assert find_lab(DEFAULT).name == DEFAULT


def test_an_unknown_lab_is_told_with_the_nearest():
    with pytest.raises(DataError, match=r"(?s)did you mean 'thousand'.*The labs: length"):
        find_lab("thousend")
