from analysis.fakes import TWO_STATES, Stored, make_module
from elman.analysis.network import read_network
from elman.analysis.thinning import choose_steps, entries_of, first_sequences


def test_steps_are_different_and_reach_both_ends():
    for count in (1, 2, 3, 10, 11, 1000):
        steps = choose_steps(count, 10)
        assert steps == sorted(set(steps)) and steps[0] == 1 and steps[-1] == count


def test_as_many_sequences_as_there_is_room_for():
    batch = Stored(steps=5, size=30).test()
    assert len(first_sequences(batch, entries=2, room=100, most=20)) == 10
    assert len(first_sequences(batch, entries=2, room=1000, most=20)) == 20
    assert len(first_sequences(batch, entries=2, room=1, most=20)) == 1


def test_entries_are_those_of_every_operation_of_a_step():
    network = read_network(make_module(TWO_STATES))
    kept = network.run(Stored(size=1).test().inputs[:, 0]).nodes
    # Values that are the same at every step are kept once, and are not counted.
    wanted = sum(
        kept[node.number][0].size
        for node in network.graph.nodes
        if node.level == "step" and node.number in kept
    )
    assert entries_of(network.graph) == wanted
