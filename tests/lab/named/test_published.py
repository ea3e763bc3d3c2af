"""The lab beside published figures: its presets, and which data each of them reads."""

from dataclasses import replace

import pytest

from elman.errors import DataError
from elman.lab.named.presets import DEFAULT_PRESETS, PRESETS
from elman.lab.named.published import make_lab
from elman.lab.options import LabOptions
from elman.report.rows import rows_of
from elman.report.sections.published import show_published, tell_published
from lab.fakes import METRICS, make_record


@pytest.fixture
def text(tmp_path):
    path = tmp_path / "text.txt"
    path.write_text("the quick brown fox jumps over the lazy dog. " * 100, encoding="utf-8")
    return str(path)


def test_the_short_presets_are_the_default_and_nothing_is_read_for_the_plan(monkeypatch):
    monkeypatch.setattr("elman.tasks.mnist.load_mnist", lambda folder: pytest.fail("was read"))
    specs = make_lab(LabOptions()).specs
    tasks = {(spec.task, spec.variant) for spec in specs}
    assert tasks == {(PRESETS[name].task, PRESETS[name].variant) for name in DEFAULT_PRESETS}
    assert {spec.length for spec in specs if spec.task == "adding"} == {400}
    assert {spec.length for spec in specs if spec.task == "copying"} == {200}
    assert {spec.seed for spec in specs} == {0}


def test_the_tutorials_own_setup():
    (spec,) = make_lab(LabOptions(presets=("rowold",))).specs
    assert (spec.cell, spec.sizes["h"], spec.options["order"]) == ("lstm", 64, "rows")
    wanted = {"optimizer": "sgd", "learning_rate": 0.1, "batch_size": 100, "epochs": 2}
    assert {name: spec.training[name] for name in wanted} == wanted
    assert spec.training["clip_norm"] is None and spec.training["schedule"] == "constant"


def test_every_preset_has_published_figures_with_their_source(text):
    lab = make_lab(LabOptions(presets=("all",), data=(text,)))
    places = {(spec.task, spec.variant) for spec in lab.specs}
    assert places == {(one.task, one.variant) for one in lab.published}
    assert all(one.figure and one.source for one in lab.published)
    orders = {s.variant: s.options["order"] for s in lab.specs if s.task == "mnist"}
    assert orders == {"row": "rows", "rowold": "rows", "pixel": "pixels", "permuted": "permuted"}


def test_a_folder_is_for_mnist_and_a_file_for_characters(text, tmp_path):
    options = LabOptions(presets=("row", "characters"), data=(text, str(tmp_path)))
    found = {spec.task: spec.options["data"] for spec in make_lab(options).specs}
    assert found == {"mnist": str(tmp_path), "characters": text}
    moved = make_lab(LabOptions(presets=("row",))).specs[0]
    assert moved.key("") == make_lab(options).specs[0].key("")


def test_a_text_adds_the_preset_that_reads_it(text):
    tasks = {spec.task for spec in make_lab(LabOptions(data=(text,))).specs}
    assert "characters" in tasks


@pytest.mark.parametrize(
    ("presets", "data", "message"),
    [
        (("rows",), (), r"no preset 'rows'; did you mean 'row'\?"),
        (("characters",), (), "reads a text of yours, and none is given"),
        (("adding",), ("{folder}",), "is read by none of the presets adding"),
        (("row",), ("{folder}", "{folder}"), "names two of a kind"),
        (("row",), ("{folder}/missing",), "does not exist"),
    ],
)
def test_what_does_not_fit_is_refused(presets, data, message, tmp_path):
    paths = tuple(word.format(folder=tmp_path) for word in data)
    with pytest.raises(DataError, match=message):
        make_lab(LabOptions(presets=presets, data=paths))


def test_both_figures_stand_side_by_side():
    lab = make_lab(LabOptions(presets=("copying",), cells=("lstm",), lengths=(30,), hidden_size=10))
    (spec,) = lab.specs
    metrics = replace(METRICS, accuracy=0.0123, metric_name="cross-entropy", higher_is_better=False)
    record = make_record(spec, metrics=metrics)
    rows = rows_of(lab, {record.key: record}, "code 1")
    body = _show(lab, rows)
    assert "cross-entropy 0.0123" in body and "lstm of 10, start orthogonal+b_f=3" in body
    assert "arXiv:1511.06464" in body
    (sentence,) = tell_published(lab, rows)
    assert sentence.startswith("Published for copying, T = 30: no memory: cross-entropy 10 ln 8")


def test_a_run_that_is_missing_is_said_to_be():
    lab = make_lab(LabOptions(presets=("rowold",)))
    assert "not run" in _show(lab, rows_of(lab, {}, "1"))


def _show(lab, rows):
    from elman.report.blocks import Material

    (section,) = show_published(Material(lab, rows, {}))
    return section.body
