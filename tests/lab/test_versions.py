from pathlib import Path

import elman
from elman.lab.versions import (
    available_cores,
    code_version,
    describe_machine,
    processor_name,
    version_of,
)
from elman.sources import hash_sources


def test_the_code_version_names_packages_and_sources():
    text = code_version()
    assert f"torch {version_of('torch')}" in text
    assert len(text.rpartition(" ")[2]) == 12


def test_the_hash_depends_on_names_and_contents_not_on_place_or_order(tmp_path):
    for place in ("here", "there"):
        folder = tmp_path / place
        folder.mkdir()
        (folder / "a.py").write_text("1")
        (folder / "b.py").write_text("2")
    here, there = (sorted((tmp_path / place).iterdir()) for place in ("here", "there"))
    first = hash_sources(tmp_path / "here", here)
    assert hash_sources(tmp_path / "there", there[::-1]) == first
    (tmp_path / "there" / "b.py").write_text("3")
    assert hash_sources(tmp_path / "there", there) != first
    (tmp_path / "here" / "b.py").rename(tmp_path / "here" / "c.py")
    assert hash_sources(tmp_path / "here", (tmp_path / "here").iterdir()) != first


def test_windows_line_breaks_do_not_change_the_hash(tmp_path):
    path = tmp_path / "a.py"
    path.write_bytes(b"1\n2\n")
    first = hash_sources(tmp_path, [path])
    path.write_bytes(b"1\r\n2\r\n")
    assert hash_sources(tmp_path, [path]) == first


def test_every_source_file_that_the_version_names_exists():
    assert (Path(elman.__file__).parent / "lab" / "execute.py").is_file()


def test_the_machine_is_described():
    machine = describe_machine(3)
    assert machine["processes"] == "3"
    assert machine["torch"] == version_of("torch")
    assert int(machine["cores"]) == available_cores() >= 1


def test_the_processor_name_comes_from_cpuinfo(tmp_path):
    path = tmp_path / "cpuinfo"
    path.write_text("processor : 0\nmodel name\t: Abacus 3000\n")
    assert processor_name(path) == "Abacus 3000"
    assert processor_name(tmp_path / "missing")
