from elman.report.gains import PLAIN, compare_variants, tell_comparison, tell_gain
from report.fakes import fail, make_row, vary

STEPS = {PLAIN: 100, "no clipping": 250, "with warm-up": 50, "raw digits": 105}


def make_variants():
    rows = [
        vary(make_row(0, 20, seed), name, steps=steps + seed, mastered=20)
        for name, steps in STEPS.items()
        for seed in range(3)
    ]
    lost = [
        vary(make_row(0, 20, seed, 0.3), "no curriculum", ending="step limit") for seed in range(3)
    ]
    some = [
        vary(make_row(0, 20, seed), "one-hot", ending="plateau" if seed == 2 else "solved", steps=9)
        for seed in range(3)
    ]
    return rows + lost + some


def test_every_variant_is_compared_with_the_whole_recipe():
    (found,) = compare_variants(make_variants())
    assert (found.place, found.cell) == ("palindrome, T = 20", "vanilla")
    assert found.plain.steps == 101 and found.plain.longest == 20 and found.plain.converged == 3
    told = {gain.name: tell_gain(found.plain, gain) for gain in found.others}
    assert told == {
        "no clipping": "2.49 × the steps",
        "with warm-up": "0.50 × the steps",
        "raw digits": "1.05 × the steps",
        "no curriculum": "accuracy -0.70",
        "one-hot": "solved in 2 of 3 seeds",
    }


def test_the_sentences_name_what_is_lost_and_what_takes_longer():
    (found,) = compare_variants(make_variants())
    assert tell_comparison(found) == [
        (
            "palindrome, T = 20, vanilla: the whole recipe reaches a median accuracy of 1.000, "
            "solved after 101 steps in the median."
        ),
        "These do not reach what it reaches in every seed: no curriculum (0.300), one-hot (1.000).",
        "These need more steps for the same: no clipping (2.5 ×).",
        "These need fewer: with warm-up (0.5 ×).",
    ]


def test_without_the_whole_recipe_there_is_no_comparison():
    rows = [row for row in make_variants() if row.spec.variant != PLAIN]
    assert compare_variants(rows) == []
    alone = [row for row in make_variants() if row.spec.variant == PLAIN]
    assert compare_variants(alone) == []


def test_variants_that_failed_have_no_figures():
    rows = make_variants()
    failed = [fail(row) if row.spec.variant == "no clipping" else row for row in rows]
    (found,) = compare_variants(failed)
    assert tell_gain(found.plain, found.others[0]) == "no run finished"
    (nothing,) = compare_variants([fail(row) for row in rows])
    assert tell_comparison(nothing) == []
