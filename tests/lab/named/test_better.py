from elman.lab.named.better import make_lab, read_runs
from elman.lab.options import LabOptions
from elman.lab.record import RunRecord
from elman.lab.session import STORE_NAME
from elman.lab.store import RunStore


def test_runs_are_read_from_a_folder_in_the_order_of_the_lab(tmp_path):
    assert read_runs(tmp_path, "code") == []
    planned = make_lab(LabOptions(quick=True))
    with RunStore(tmp_path / STORE_NAME) as store:
        for version in ("code", "other"):
            for spec in reversed(planned.specs):
                store.add(
                    RunRecord(spec.key(version), spec, "failed", "why", None, version, {}, "")
                )
    found = read_runs(tmp_path, "code")
    assert [record.spec.variant for record in found] == [spec.variant for spec in planned.specs]
    assert {record.code_version for record in found} == {"code"}
