"""Downloads against a server on this machine: resume, mirrors, checksums, Ctrl-C, no network."""

from __future__ import annotations

import hashlib
import multiprocessing
import socket

import pytest

from elman.errors import DataError
from elman.tasks.data import download
from elman.tasks.data.download import fetch
from elman.tasks.data.files import KnownFile
from tasks.data.server import Site, serve

CONTENT = bytes(range(256)) * 1000
NAME = "numbers.gz"
FILE = KnownFile(NAME, len(CONTENT), hashlib.sha256(CONTENT).hexdigest())


@pytest.fixture(autouse=True)
def no_pause(monkeypatch):
    monkeypatch.setattr(download, "_PAUSE", 0.0)
    monkeypatch.setattr(download, "_TIMEOUT", 5.0)


def get(folder, *mirrors, report=lambda *figures: None):
    return fetch(FILE, folder, mirrors, report, "Get it elsewhere: --data FOLDER.")


def unused_address() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}/"


def test_a_file_arrives_and_is_not_fetched_again(tmp_path):
    with serve(Site({NAME: CONTENT})) as site:
        path = get(tmp_path, site.url)
        assert path.read_bytes() == CONTENT
        assert get(tmp_path, site.url) == path
        assert site.requests == [None]
    assert {item.name for item in tmp_path.iterdir()} <= {NAME, ".lock"}


def test_progress_counts_up_to_the_size(tmp_path):
    seen = []
    with serve(Site({NAME: CONTENT})) as site:
        get(tmp_path, site.url, report=lambda *figures: seen.append(figures))
    assert {name for name, _, _ in seen} == {NAME}
    assert {total for _, _, total in seen} == {len(CONTENT)}
    done = [bytes_done for _, bytes_done, _ in seen]
    assert done[0] == 0 and done[-1] == len(CONTENT) and done == sorted(done)


def test_a_broken_line_goes_on_where_it_was(tmp_path):
    with serve(Site({NAME: CONTENT}, break_after=[1000, 70_000])) as site:
        assert get(tmp_path, site.url).read_bytes() == CONTENT
        assert site.requests == [None, "bytes=1000-", "bytes=71000-"]


def test_a_server_without_ranges_sends_it_all_again(tmp_path):
    with serve(Site({NAME: CONTENT}, ranges=False, break_after=[1000])) as site:
        assert get(tmp_path, site.url).read_bytes() == CONTENT


def test_ctrl_c_keeps_what_has_arrived_and_the_next_call_goes_on(tmp_path):
    def press(name, done, total):
        if done >= 100_000:
            raise KeyboardInterrupt

    with serve(Site({NAME: CONTENT})) as site:
        with pytest.raises(KeyboardInterrupt):
            get(tmp_path, site.url, report=press)
        assert not (tmp_path / NAME).exists()
        kept = (tmp_path / f"{NAME}.part").stat().st_size
        assert 100_000 <= kept < len(CONTENT)
        assert get(tmp_path, site.url).read_bytes() == CONTENT
        assert site.requests == [None, f"bytes={kept}-"]


def test_the_next_mirror_is_asked_where_one_fails_and_goes_on_with_its_part(tmp_path):
    with serve(Site({NAME: CONTENT}, break_after=[1000, 0, 0, 0, 0])) as first:
        with serve(Site({NAME: CONTENT})) as second:
            path = get(tmp_path, unused_address(), first.url, second.url)
            assert path.read_bytes() == CONTENT
            assert second.requests == ["bytes=1000-"]


@pytest.mark.parametrize("status", [403, 404, 500, 503])
def test_the_next_mirror_is_asked_after_an_error_of_the_server(tmp_path, status):
    with (
        serve(Site({NAME: CONTENT}, status=status)) as broken,
        serve(Site({NAME: CONTENT})) as well,
    ):
        assert get(tmp_path, broken.url, well.url).read_bytes() == CONTENT
        assert len(broken.requests) == (3 if status >= 500 else 1)


@pytest.mark.parametrize(
    "sent, said",
    [
        (CONTENT[:-1] + b"!", "an altered file, SHA-256"),
        (CONTENT + b"!", "256,001 bytes instead of 256,000"),
        (CONTENT[:-100], "the line broke after 255,900 of 256,000 bytes"),
    ],
)
def test_another_content_is_refused_by_name(tmp_path, sent, said):
    with serve(Site({NAME: sent})) as site, pytest.raises(DataError) as caught:
        get(tmp_path, site.url)
    message = str(caught.value)
    assert said in message or "shorter than the part" in message
    assert f"cannot download {NAME}" in message and f"{site.url}{NAME}" in message
    assert message.endswith("Get it elsewhere: --data FOLDER.")
    assert not (tmp_path / NAME).exists()


@pytest.mark.parametrize("size", [1000, len(CONTENT), len(CONTENT) + 10])
def test_a_damaged_part_from_before_is_fetched_from_scratch(tmp_path, size):
    (tmp_path / f"{NAME}.part").write_bytes(b"?" * size)
    with serve(Site({NAME: CONTENT})) as site:
        assert get(tmp_path, site.url).read_bytes() == CONTENT


def test_a_whole_part_from_before_only_takes_its_name(tmp_path):
    (tmp_path / f"{NAME}.part").write_bytes(CONTENT)
    assert get(tmp_path, unused_address()).read_bytes() == CONTENT


def test_without_a_network_the_error_says_so_and_what_to_do(tmp_path):
    address = unused_address()
    with pytest.raises(DataError) as caught:
        get(tmp_path, address)
    message = str(caught.value)
    assert message.startswith(f"cannot download {NAME}\n  {address}{NAME}: ")
    assert "refused" in message and message.endswith("--data FOLDER.")


def test_a_folder_that_cannot_be_written_is_an_error_of_the_system(tmp_path):
    with serve(Site({NAME: CONTENT})) as site, pytest.raises(OSError):
        get(tmp_path / "missing", site.url)


def _fetch_in_process(folder, url, results):
    results.put(fetch(FILE, folder, [url], lambda *figures: None, "").read_bytes() == CONTENT)


def test_two_processes_fetch_it_once(tmp_path):
    context = multiprocessing.get_context("spawn")
    results = context.Queue()
    with serve(Site({NAME: CONTENT})) as site:
        members = [
            context.Process(target=_fetch_in_process, args=(tmp_path, site.url, results))
            for _ in range(2)
        ]
        for member in members:
            member.start()
        assert [results.get(timeout=60) for _ in members] == [True, True]
        for member in members:
            member.join()
        assert len(site.requests) == 1
