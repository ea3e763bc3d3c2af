import csv

from elman.report.write import write_report
from report.fakes import make_lab, make_rows


def test_the_page_and_the_table_lie_side_by_side(tmp_path):
    rows = make_rows()
    records = {row.record.key: row.record for row in rows[1:]}
    page = write_report(make_lab(rows), records, "code 1", tmp_path)
    assert page == tmp_path / "report.html"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["report.html", "results.csv"]
    with (tmp_path / "results.csv").open(newline="") as file:
        lines = list(csv.DictReader(file))
    assert [line["status"] for line in lines] == ["missing"] + ["finished"] * 35
    assert "Of 36 runs, 35 finished and 1 missing" in page.read_text(encoding="utf-8")
