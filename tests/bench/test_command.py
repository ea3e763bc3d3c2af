"""`elman bench`: the table, the file, what it refuses, and what it keeps after Ctrl-C."""

from __future__ import annotations

import json

import pytest
import torch

from elman.bench import command
from elman.bench.measure import WrongResultError
from elman.bench.peers.registry import PEERS
from elman.bench.run import Session, Settings
from elman.bench.targets import Row
from elman.cli.main import main

SMALL = ["bench", "--quick", "--seconds", "0", "--shapes", "3,2,1,4", "--peers", "torch.nn,loop"]


@pytest.fixture(autouse=True)
def threads():
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def records(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_a_row_and_a_record(tmp_path, capsys):
    path = tmp_path / "bench.jsonl"
    assert main([*SMALL, "--cells", "tanh,minimal", "--json", str(path)]) == 0
    printed = capsys.readouterr().out
    assert "3,2,1,4" in printed and "torch.nn" in printed
    tanh, minimal = records(path)
    assert tanh["shape"] == [3, 2, 1, 4] and tanh["errors"]["elman"] < 2e-6
    assert set(tanh["ratios"]) == {"torch.nn", "loop"} and set(minimal["ratios"]) == {"loop"}
    assert minimal["left_out"] == {"torch.nn": "torch.nn has no minimal"}
    assert tanh["machine"]["processor"] and tanh["versions"]["torch"] == torch.__version__
    assert tanh["backend"] == "compiled kernels"
    # products of a step: 4×1 and 4×4, three passes, two operations each
    assert tanh["operations"] == 3 * 3 * 2 * 2 * (4 * 1 + 4 * 4)


def test_equations_and_inference(tmp_path, capsys):
    path = tmp_path / "bench.jsonl"
    words = [*SMALL, "--inference", "--cells", "h_t = tanh(W x_t + h_{t-1})", "--json", str(path)]
    assert main(words) == 0
    (record,) = records(path)
    assert record["mode"] == "inference" and record["keeps"] == {}


def test_several_processes_measure_the_same_rows(tmp_path, capfd):
    path = tmp_path / "bench.jsonl"
    assert main([*SMALL, "--cells", "tanh", "--processes", "2", "--json", str(path)]) == 0
    assert [each["process"] for each in records(path)] == [0, 1]
    assert len({each["run"] for each in records(path)}) == 2
    assert "3,2,1,4" in capfd.readouterr().out


def test_the_slowest_peer_takes_part_only_where_it_is_asked_for():
    peers = [PEERS[name] for name in ("torch.nn", "loop", "torch.compile")]  # as if installed
    (bound,) = command.choose_rows(["train"], ["minimal"], None, "train", False)
    (free,) = command.choose_rows(None, ["minimal"], ["3,2,1,4"], "train", False)
    everything = Session(Settings(tuple(peers), 1, chosen=False))
    quick = Session(Settings(tuple(peers), 1, chosen=False, bound_only=True))
    assert [peer.name for peer in everything.peers(free)] == ["torch.nn", "loop"]
    assert [peer.name for peer in quick.peers(bound)] == ["loop", "torch.compile"]
    compiling = Row(bound.case, bound.targets[:1], "compile")
    for number, count in ((0, 3), (1, 2)):  # what takes minutes is done by the first process alone
        assert len(Session(everything.settings, number).peers(compiling)) == count
    assert len(Session(Settings(tuple(peers), 1)).peers(free)) == 3


def test_ctrl_c_keeps_what_was_measured(tmp_path, capsys, monkeypatch):
    path = tmp_path / "bench.jsonl"
    measure = Session.measure

    def interrupted(session, row):
        if row.case.cell == "gru":
            raise KeyboardInterrupt
        return measure(session, row)

    monkeypatch.setattr(Session, "measure", interrupted)
    assert main([*SMALL, "--cells", "tanh,gru", "--json", str(path)]) == 130
    assert len(records(path)) == 1 and "tanh" in capsys.readouterr().out


def test_a_wrong_kernel_is_not_timed(capsys, monkeypatch):
    def wrong(session, row):
        raise WrongResultError("h is wrong by 1.0e-01")

    monkeypatch.setattr(Session, "measure", wrong)
    assert main([*SMALL, "--cells", "tanh"]) == 1
    assert "WRONG, not timed: train tanh 3,2,1,4: h is wrong" in capsys.readouterr().err


def test_one_text_of_several_does_not_stop_the_others(tmp_path, capsys):
    path = tmp_path / "bench.jsonl"
    own_size = r"h_t = tanh(W x_t + U h_{t-1}); h_t \in \mathbb{R}^{3}"
    words = [*SMALL, "--cells", own_size, "--cells", "tanh", "--json", str(path)]
    assert main(words) == 2
    assert "not measured: train h_t = tanh(W x_t" in capsys.readouterr().err
    assert [each["cell"] for each in records(path)] == ["tanh"]


def test_no_row_begins_when_the_time_is_up(tmp_path, capsys):
    assert main([*SMALL, "--cells", "tanh", "--budget", "0"]) == 0
    assert "not measured: train tanh 3,2,1,4" in capsys.readouterr().err


def test_the_list_measures_nothing(capsys):
    assert main(["bench", "--set", "train", "--list"]) == 0
    printed = capsys.readouterr().out
    assert "train lstm 784,64,1,128  (torch.nn ≥ 2.5, share ≥ 0.62)" in printed


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--shapes", "3,2"], "cannot read the shape '3,2'"),
        (["--set", "nonsense"], "there is no set 'nonsense'"),
        (["--peers", "keras"], "there is no peer 'keras'"),
        (["--set", "train", "--cells", "minimal", "--last"], "no row is left"),
        (["stop"], "there is no action 'stop'"),
    ],
)
def test_refusals(words, says, capsys):
    assert main(["bench", *words]) == 2
    assert says in capsys.readouterr().err


def test_cells_choose_rows_of_a_set():
    rows = command.choose_rows(["train"], ["lstm"], ["28,128,28,128"], "train", False)
    assert [row.case.title for row in rows] == ["train lstm 28,128,28,128"]
