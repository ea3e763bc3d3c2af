r"""A fuzzing target: any text is read or refused, in time, and what is read prints and reads back.

    make fuzz                       a million inputs, beginning from the corpus
    make fuzz ARGS="-runs=1000"     libFuzzer's own options
    python fuzz/fuzz_parse.py --plain 1000000 SEED    without libFuzzer: mutated corpus texts

A failure is an exception outside `elman.errors`, an input that takes more than a second, or a
text whose print reads as something else. libFuzzer writes the input to a file `crash-...`.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from pathlib import Path

if "--plain" in sys.argv:
    from elman.errors import RecurrenceError
    from elman.ir import parse, print_graph
else:
    import atheris

    with atheris.instrument_imports(include=["elman.equations", "elman.ir", "elman.errors"]):
        from elman.errors import RecurrenceError
        from elman.ir import parse, print_graph

ROOT = Path(__file__).parents[1]
LIMIT_SECONDS = 1.0
WORDS = r"""
h_t h_{t-1} x_t y_{t+1} W_{xh} \tanh \sigma( tanh( \sum_t \prod_i \frac{ \sqrt{ \odot \circ ^\top
^{-1} \tilde{h} \hat \mathbf{ \begin{align} \end{align} \\ & = := : [h,x] \in\mathbb{R}^{ h_0 e^{
init share freeze \left( \right) | \| ∑ σ ₜ₋₁ ᵀ ⊙ [t-1] ^{(2)} ^{(t)} 'h 1e9 # % ; diag( \Delta\ t
\langle \rangle \overrightarrow{h} \begin{bmatrix} \end{bmatrix} \sum_{k=1}^{3} \text{for} \pi
$ $$ ` \( \) \[ \] \quad & ** _(t-1) ^t ^{t-1} 1_t b1 <math> </math> ]_+ \begin{array}{c} where is
Output\ gate: ^{\prime} _prev ◦ (I\ -\ k_tk_t^\top) \max(0,z) .\ Then
""".split()


def check(text: str) -> None:
    """Reads a text, prints it, and reads it again."""
    begun = time.process_time()
    try:
        recurrence = parse(text)
        graph = print_graph(recurrence.typed({}))
    except RecurrenceError as error:
        assert str(error), "an error without a text"
        assert time.process_time() - begun < LIMIT_SECONDS, "refused too slowly"
        return
    assert time.process_time() - begun < LIMIT_SECONDS, "read too slowly"
    for spelling in (recurrence.plain(), recurrence.latex()):
        again = parse(spelling)
        assert again.statements == recurrence.statements, f"reads back differently:\n{spelling}"
        assert print_graph(again.typed({})) == graph, f"gives another graph:\n{spelling}"


def test_one_input(data: bytes) -> None:
    """What libFuzzer calls."""
    check(data.decode("utf-8", "replace"))


def seeds() -> list[str]:
    """The texts of the corpus, without their heads."""
    texts = []
    for path in sorted((ROOT / "tests" / "corpus").glob("*.tex")):
        lines = path.read_text(encoding="utf-8").splitlines()
        texts.append("\n".join(line for line in lines if not line.startswith("# ")))
    return texts


def mutated(generator: random.Random, texts: list[str]) -> str:
    """A slice of a text, changed in a few places; often spliced with another one."""
    text = generator.choice(texts)
    lines = text.split("\n")
    if generator.random() < 0.95:
        start = generator.randrange(len(lines))
        text = "\n".join(lines[start : start + 1 + int(generator.random() < 0.2)])
    for _ in range(generator.randint(1, 5)):
        at = generator.randint(0, len(text))
        end = min(len(text), at + int(generator.expovariate(0.2)))
        match generator.randrange(7):
            case 0:
                text = text[:at] + text[end:]
            case 1:
                text = text[:at] + generator.choice(WORDS) + text[at:]
            case 2:
                text = text[:at] + text[at:end] * generator.randint(2, 4) + text[end:]
            case 3:
                text = text[:at] + chr(generator.randrange(32, 127)) + text[at:]
            case 4:
                other = generator.choice(texts)
                start = generator.randint(0, len(other))
                text = text[:at] + other[start : start + generator.randint(1, 60)] + text[end:]
            case 5:
                text = text[:at] + generator.choice("_^{}()[]|\\\n=+-*/t0123'⊙ₜα") + text[end:]
            case _:
                text = text[end:] + text[:at]
    return text


def run_plain(count: int, seed: int) -> None:
    """Checks a number of mutated texts; prints the first that fails, and raises."""
    generator = random.Random(seed)
    texts = seeds()
    begun = time.time()
    for number in range(1, count + 1):
        text = mutated(generator, texts)
        try:
            check(text)
        except BaseException:
            print(f"input {number} of seed {seed}: {text!r}", flush=True)
            raise
        if number % 50_000 == 0:
            print(f"{number:,} inputs in {time.time() - begun:.0f} s", flush=True)
    print(f"done: {count:,} inputs, seed {seed}")


def main() -> None:
    """Runs libFuzzer on the corpus, with the words of the notation as its dictionary."""
    if "--plain" in sys.argv:
        count, seed = sys.argv[sys.argv.index("--plain") + 1 :][:2]
        run_plain(int(count), int(seed))
        return
    with tempfile.TemporaryDirectory() as folder:
        folder_of_seeds = Path(folder) / "seeds"
        folder_of_seeds.mkdir()
        for number, text in enumerate(seeds()):
            (folder_of_seeds / str(number)).write_text(text, encoding="utf-8")
        words = Path(folder) / "words"
        quoted = [word.replace("\\", "\\\\").replace('"', '\\"') for word in WORDS]
        lines = "\n".join(
            '"' + "".join(c if c.isascii() else _escaped(c) for c in word) + '"' for word in quoted
        )
        words.write_text(lines + "\n", encoding="ascii")
        options = [f"-dict={words}", "-max_len=600", "-runs=1000000"]
        atheris.Setup([sys.argv[0], str(folder_of_seeds), *options, *sys.argv[1:]], test_one_input)
        atheris.Fuzz()


def _escaped(character: str) -> str:
    return "".join(f"\\x{byte:02X}" for byte in character.encode())


if __name__ == "__main__":
    main()
