from elman.report.blocks import Material
from elman.report.marks import marks_for
from elman.report.rows import series_of
from elman.report.sections.better import describe_recipe, show_better
from elman.train.config import TrainConfig
from elman.train.presets import preset
from report.fakes import make_lab, make_rows, vary
from report.test_gains import make_variants


def material(rows, better=()):
    return Material(make_lab(rows), rows, marks_for(series_of(rows)), {}, better)


def test_the_lab_better_shows_what_each_change_brought():
    rows = make_variants()
    (section,) = show_better(material(rows))
    assert "<td>no clipping</td>" in section.body and "2.49 × the steps" in section.body
    assert section.body.count("<svg") == 2
    assert "elman lab better" not in section.body


def test_another_lab_shows_the_runs_that_lie_beside_it():
    (section,) = show_better(material(make_rows(), make_variants()))
    assert "2.49 × the steps" in section.body


def test_without_them_it_says_how_they_are_made():
    grown = TrainConfig(**preset("palindrome")).to_dict()
    rows = [vary(row, "", grown) for row in make_rows()]
    (section,) = show_better(material(rows))
    assert "training begins at T = 10" in section.body
    assert "<code>elman lab better</code>" in section.body
    assert "<svg" not in section.body


def test_the_recipe_in_words_follows_from_the_settings():
    everything = TrainConfig(
        grow_from=7, rate_length=30, clip_norm=0.5, clip_value=0.1, warmup_steps=9, window=3
    ).to_dict()
    told = " ".join(describe_recipe(everything))
    for part in (
        "begins at T = 7",
        "L = 30",
        "longer than 0.5",
        "by 0.1",
        "first 9",
        "back over 3",
    ):
        assert part in told
    nothing = TrainConfig(clip_norm=None).to_dict()
    assert describe_recipe(nothing) == []
    alone = TrainConfig(grow_from=7, shorter_share=0.0, collapse_metric=None, clip_norm=None)
    assert len(describe_recipe(alone.to_dict())) == 1


def test_the_same_network_without_the_recipe_is_told_over_lengths():
    grown = TrainConfig(**preset("palindrome")).to_dict()
    rows = [vary(row, "", grown) if row.spec.start == "orthogonal" else row for row in make_rows()]
    (section,) = show_better(material(rows))
    assert (
        "Without them (vanilla, start lab) the median accuracy at T = 5, 10 and 30 is 0.999, 0.994 "
        "and 0.299; with all of them it is 0.999, 0.999 and 0.998." in section.body
    )
    assert section.body.count("Without them") == 1
