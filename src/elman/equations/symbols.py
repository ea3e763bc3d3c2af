"""What the characters, commands and function words of the notation mean."""

from __future__ import annotations

import difflib
import unicodedata
from functools import lru_cache

GREEK = (
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau "
    "upsilon phi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega"
).split()

# `\varphi` and the like are the same letter to a reader, hence the same name.
VARIANT_GREEK = {
    "varepsilon": "epsilon",
    "vartheta": "theta",
    "varphi": "phi",
    "varrho": "rho",
    "varsigma": "sigma",
    "varpi": "pi",
    "ell": "l",
}

_GREEK_CHARACTERS = "αβγδεζηθικλμνξπρστυφχψωΓΔΘΛΞΠΣΥΦΨΩ"
UNICODE_GREEK = dict(zip(_GREEK_CHARACTERS, GREEK, strict=True)) | {
    "ϕ": "phi",
    "ϵ": "epsilon",
    "ϑ": "theta",
    "ϱ": "rho",
    "ς": "sigma",
    "µ": "mu",
    "Ω": "Omega",
    "∆": "Delta",
}

# Letters that the notation reads as scalars unless they are declared otherwise.
SCALAR_GREEK = frozenset(["alpha", "beta", "gamma", "lambda", "eta", "epsilon", "dt"])

# Function word -> number of arguments (None: one or more). The table of operations in `ir` has a
# row for each, and a test holds the two together.
FUNCTIONS: dict[str, int | None] = {
    "tanh": 1,
    "sigmoid": 1,
    "relu": 1,
    "leaky_relu": 1,
    "elu": 1,
    "gelu": 1,
    "silu": 1,
    "softplus": 1,
    "softsign": 1,
    "hard_sigmoid": 1,
    "exp": 1,
    "log": 1,
    "sqrt": 1,
    "sin": 1,
    "cos": 1,
    "abs": 1,
    "sign": 1,
    "min": None,
    "max": None,
    "clip": 3,
    "sum": 1,
    "mean": 1,
    "norm": 1,
    "softmax": 1,
    "layernorm": 1,
    "prod": 1,
}

# Words that read as functions of one argument but are no operations: the step graph does without.
STRUCTURES = frozenset(["diag"])

FUNCTION_ALIASES = {
    "logistic": "sigmoid",
    "sigm": "sigmoid",
    "ReLU": "relu",
    "RELU": "relu",
    "LeakyReLU": "leaky_relu",
    "leakyrelu": "leaky_relu",
    "ELU": "elu",
    "GELU": "gelu",
    "SiLU": "silu",
    "swish": "silu",
    "Softplus": "softplus",
    "Softmax": "softmax",
    "LayerNorm": "layernorm",
    "LN": "layernorm",
    "ln": "log",
    "sgn": "sign",
    "Tanh": "tanh",
    "tanhyp": "tanh",
    "Diag": "diag",
    "Sigmoid": "sigmoid",
    "hardsigmoid": "hard_sigmoid",
}

# Commands that stand for a function when written with a backslash.
FUNCTION_COMMANDS = frozenset(["tanh", "exp", "log", "ln", "sin", "cos", "min", "max"])

ACCENTS = {
    "tilde": "tilde",
    "widetilde": "tilde",
    "hat": "hat",
    "widehat": "hat",
    "bar": "bar",
    "overline": "bar",
    "dot": "dot",
    "mathcal": "cal",
    "overrightarrow": "right",
    "overleftarrow": "left",
}
ACCENT_SUFFIXES = ("tilde", "hat", "bar", "dot", "prime", "cal", "right", "left")
ACCENT_COMMANDS = {suffix: command for command, suffix in reversed(ACCENTS.items())}

# Commands that only group a name.
FONT_COMMANDS = frozenset(
    "mathbf boldsymbol bm mathrm mathit mathsf mathtt text textrm textbf textit "
    "operatorname vec underline mathop mathnormal mathbfit textnormal mbox".split()
)

# Commands whose argument is a name, or prose between formulas.
TEXT_COMMANDS = frozenset("text textrm textit textnormal mbox intertext shortintertext".split())

BOLD_COMMANDS = frozenset(["mathbf", "boldsymbol", "bm"])

# Spacing, alignment and size: no meaning of their own.
IGNORED_COMMANDS = frozenset(
    "quad qquad , ; ! : > left right big Big bigg Bigg bigl bigr Bigl Bigr displaystyle textstyle "
    "nonumber notag limits nolimits hspace vspace rm bf it sf middle boxed scriptstyle "
    "scriptscriptstyle enspace thinspace hfill mathstrut strut allowbreak small "
    "footnotesize".split()
) | {" "}
IGNORED_WITH_ARGUMENT = frozenset(
    "tag label hspace vspace begin end color textcolor phantom hphantom vphantom".split()
)

# Braces with a remark above or below, which has no meaning of its own.
REMARKS = frozenset(["underbrace", "overbrace"])

OPERATOR_COMMANDS = {
    "cdot": "@",
    "times": "@",
    "odot": "*",
    "bigodot": "*",
    "circ": "*",
    "ast": "*",
    "in": "∈",
    "sum": "∑",
    "prod": "∏",
    "lVert": "‖",
    "rVert": "‖",
    "Vert": "‖",
    "|": "‖",
    "lvert": "|",
    "rvert": "|",
    "vert": "|",
    "{": "(",
    "}": ")",
    "lbrace": "(",
    "rbrace": ")",
    "lbrack": "[",
    "rbrack": "]",
    "lparen": "(",
    "rparen": ")",
    "prime": "'",
    "leftarrow": "=",
    "longleftarrow": "=",
    "gets": "=",
    "coloneqq": "=",
    "coloneq": "=",
    "triangleq": "=",
    "equiv": "=",
    "langle": "⟨",
    "rangle": "⟩",
}

# Operators that papers use for different things: the error asks which one is meant.
AMBIGUOUS_COMMANDS = frozenset(["otimes", "oplus", "star", "bullet", "ominus", "bigotimes"])

# Words between formulas; none of them is read as a product of its letters.
PROSE = frozenset(
    "where with and for if is are then otherwise else denotes the let given which when while here "
    "such that from over all each we our".split()
)

# Environments that stand for a column of vectors, as `[a; b]` does.
COLUMNS = frozenset(["matrix", "bmatrix", "pmatrix", "Bmatrix", "smallmatrix"])

UNICODE_OPERATORS = {
    "⊙": "*",
    "∘": "*",
    "◦": "*",
    "⨀": "*",
    "∗": "*",
    "·": "@",
    "⋅": "@",
    "∙": "@",
    "×": "@",
    "−": "-",
    "–": "-",
    "—": "-",
    "‐": "-",
    "‑": "-",
    "‒": "-",
    "∑": "∑",
    "∏": "∏",
    "∈": "∈",
    "‖": "‖",
    "∥": "‖",
    "∣": "|",
    "′": "'",
    "’": "'",
    "√": "√",
    "←": "=",
    "⟵": "=",
    "≔": "=",
    "≜": "=",
    "≡": "=",
    "ℝ": "ℝ",
    "⟨": "⟨",
    "⟩": "⟩",
}

# Characters that stand for a command of their own.
UNICODE_COMMANDS = {
    "…": "ldots",
    "⋯": "cdots",
    "∀": "forall",
    "⊗": "otimes",
    "⊕": "oplus",
    "⊖": "ominus",
    "≤": "leq",
    "⩽": "leq",
    "⋆": "star",
    "•": "bullet",
}

SUBSCRIPTS = dict(zip("₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎", "0123456789+-=()", strict=True)) | dict(
    zip("ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ", "aehijklmnoprstuvx", strict=True)
)
SUBSCRIPTS |= dict(zip("ᵦᵧᵨᵩᵪ", "beta gamma rho phi chi".split(), strict=True))
SUPERSCRIPTS = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾", "0123456789+-=()", strict=True)) | {
    "ᵀ": "T",
    "ᵗ": "t",
    "ⁿ": "n",
    "ⁱ": "i",
    "⊤": "⊤",
    "⊺": "⊤",
}

# Spaces, and the invisible signs that web pages put between W and h or after tanh.
SPACES = frozenset(
    " \t\r\f\v\u00a0\u00ad\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u200b"
    "\u200c\u200d\u202f\u205f\u2060\u2061\u2062\u2063\u2064\u3000\ufeff~&$"
)


def lookalike(character: str) -> str | None:
    """Returns the plain ASCII character that another one imitates, or None.

    Full-width forms and mathematical alphabets fold under NFKC; Cyrillic letters that print
    as Latin ones are found by name.
    """
    if character.isascii():
        return None
    folded = unicodedata.normalize("NFKC", character)
    if len(folded) == 1 and folded.isascii() and folded.isprintable() and folded != " ":
        return folded
    cyrillic = dict(zip("аеорсухіјѕһАВЕКМНОРСТХІЈЅ", "aeopcyxijshABEKMHOPCTXIJS", strict=True))
    return cyrillic.get(character)


def function_name(word: str) -> str | None:
    """Returns the function that a word spells, or None."""
    if word in FUNCTIONS or word in STRUCTURES:
        return word
    return FUNCTION_ALIASES.get(word)


@lru_cache(maxsize=64)
def nearest_function(word: str) -> str:
    """Returns the name of a function that a word resembles, or an empty string."""
    near = difflib.get_close_matches(word[:40], [*FUNCTIONS, *FUNCTION_ALIASES], n=1)
    return near[0] if near else ""
