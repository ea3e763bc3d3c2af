"""The start of a run in one word: how the command line writes an initialisation.

orthogonal            a scheme for all parameters
orthogonal+b_f=3      the same, and the bias b_f begins at 3
xavier+W=identity     the same, and W has a scheme of its own
"""

from __future__ import annotations

from elman.lab.spec import InitChoice


def read_start(text: str) -> InitChoice:
    """Returns the initialisation that a text names, as `elman.module` takes it.

    >>> read_start("orthogonal+b_f=3")
    {'*': 'orthogonal', 'b_f': 3.0}

    Raises:
        ValueError: A part is empty, or a second part has no name before `=`.
    """
    scheme, *rest = (part.strip() for part in text.split("+"))
    own: dict[str, str | float] = {}
    for part in rest:
        name, equals, value = (piece.strip() for piece in part.partition("="))
        if not (name and equals and value):
            raise _not_a_start(text)
        own[name] = _number_or_scheme(value)
    if not scheme or "=" in scheme:
        raise _not_a_start(text)
    return {"*": scheme, **own} if own else scheme


def show_start(init: InitChoice) -> str:
    """Returns the text that `read_start` reads as this initialisation.

    >>> show_start({"*": "orthogonal", "b_f": 3.0})
    'orthogonal+b_f=3'
    """
    if init is None or isinstance(init, str):
        return init or "torch"
    own = (f"{name}={_show(value)}" for name, value in init.items() if name != "*")
    return "+".join([str(init.get("*", "torch")), *own])


def _number_or_scheme(text: str) -> str | float:
    try:
        return float(text)
    except ValueError:
        return text


def _show(value: str | float) -> str:
    return value if isinstance(value, str) else f"{value:g}"


def _not_a_start(text: str) -> ValueError:
    return ValueError(
        f"cannot read the start {text!r}; write a scheme such as orthogonal, and after it, if "
        "wanted, parameters of their own such as +b_f=3 or +W=identity"
    )
