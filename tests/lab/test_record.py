from elman.lab.record import CRASHED, FAILED, FINISHED
from lab.fakes import METRICS, make_record


def test_the_ways_to_end_are_distinct():
    assert len({FINISHED, FAILED, CRASHED}) == 3


def test_a_record_compares_by_content():
    assert make_record() == make_record()
    assert make_record(metrics=None, status=FAILED) != make_record()
    assert make_record().metrics == METRICS
