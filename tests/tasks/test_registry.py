"""Tasks by name, and what is said of names and options that do not exist."""

from __future__ import annotations

import subprocess
import sys

import pytest

from elman.tasks import make, names, options


def test_every_name_has_a_task_that_calls_itself_so():
    values = {"length": 6, "data": "data.csv"}
    for name in names():
        required = {key: values[key] for key, value in options(name).items() if value is ...}
        assert make(name, **required).name == name


def test_names_and_options_are_known_without_torch():
    code = "import sys, elman.tasks as t; print(t.names(), 'torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == f"{names()} False"


def test_options_tell_what_is_required():
    assert options("palindrome")["length"] is ...
    assert options("palindrome")["encoding"] == "scalar"
    assert options("digits") == {}


def test_an_unknown_task_names_the_nearest():
    with pytest.raises(ValueError, match="no task 'palindrom'; did you mean 'palindrome'") as error:
        make("palindrom")
    assert "mnist, palindrome" in str(error.value)
    with pytest.raises(ValueError, match="no task 'xyz'\n"):
        make("xyz")


def test_an_unknown_option_names_the_nearest():
    with pytest.raises(ValueError, match="no option 'lenght'; did you mean 'length'") as error:
        make("palindrome", lenght=5)
    assert "validation_size" in str(error.value)
    with pytest.raises(ValueError, match="no option 'rows'\n  It has no options"):
        make("digits", rows=8)


def test_a_missing_option_is_named():
    with pytest.raises(ValueError, match="needs the option 'length'"):
        make("palindrome")
