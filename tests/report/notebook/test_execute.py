import pytest

from elman.report.notebook.execute import Cell, Execution, write_script

SHOWS = """\
class Shows:
    def _repr_html_(self):
        return "<b>é</b>"

    def __repr__(self):
        return "two\\nlines"


print("before")
Shows()  # a remark behind the last line"""
DRAWS = "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()\nprint('after')"


@pytest.fixture(scope="module")
def executed():
    sources = ["x = 2", SHOWS, "# %% text alone", DRAWS, "None", "1 / (x - 2)", "print('never')"]
    return Execution(
        [Cell("markdown", "x"), *(Cell("code", source) for source in sources)]
    ).finish()


def test_what_is_printed_and_the_last_value_are_kept_in_order(executed):
    assert executed.outputs[0] == []
    printed, value = executed.outputs[1]
    assert printed == {"output_type": "stream", "name": "stdout", "text": ["before\n"]}
    assert value["data"] == {"text/html": ["<b>é</b>"], "text/plain": ["two\n", "lines"]}
    assert value["execution_count"] == 2


def test_figures_are_kept_as_images(executed):
    figure, printed = executed.outputs[3]
    assert figure["data"]["image/png"].startswith("iVBOR")
    assert printed["text"] == ["after\n"]
    assert executed.outputs[4] == []


def test_an_error_ends_it_and_is_kept(executed):
    assert len(executed.outputs) == 5
    assert executed.error.strip().endswith("ZeroDivisionError: division by zero")
    assert "elman-notebook" not in executed.error


def test_a_stopped_execution_leaves_nothing(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    execution = Execution([Cell("code", "import time\ntime.sleep(600)")])
    assert list(tmp_path.iterdir())
    execution.stop()
    assert list(tmp_path.iterdir()) == []


def test_code_that_is_none_is_refused():
    with pytest.raises(SyntaxError):
        write_script([Cell("code", "x = (")])
