"""Python identifiers for the user's names: the names themselves wherever that is possible."""

from __future__ import annotations

import builtins
import keyword
import re
from collections.abc import Sequence

# What the written source uses itself, and attributes of torch.nn.Module.
_USED = frozenset(
    "T t np torch math functional self initial batch steps parameter forward Recurrence sigmoid "
    "softmax layernorm leaky_relu elu gelu silu softsign hard_sigmoid softplus concat".split()
)
_MODULE_ATTRIBUTES = frozenset(
    "add_module apply bfloat16 buffers children compile cpu cuda double eval extra_repr float "
    "forward half ipu modules mtia parameters requires_grad_ share_memory state_dict to train "
    "training type xpu zero_grad dump_patches call_super_init T_destination".split()
)
_TAKEN = _USED | _MODULE_ATTRIBUTES | frozenset(keyword.kwlist) | frozenset(keyword.softkwlist)


def choose_identifiers(keys: Sequence[str], parts: int = 0) -> dict[str, str]:
    """Returns an identifier for each key: the key itself, or with `_` at its end.

    >>> choose_identifiers(["h", "lambda", "np", "h_tilde"])
    {'h': 'h', 'lambda': 'lambda_', 'np': 'np_', 'h_tilde': 'h_tilde'}

    Args:
        keys: Canonical names.
        parts: How many `part_1`, `part_2` and so on are kept free.
    """
    taken = set(_TAKEN) | set(dir(builtins)) | {f"part_{i}" for i in range(1, parts + 1)}
    # Names that can stay as they are go first, so that no other takes them.
    plain = (key for key in keys if key.isascii() and key.isidentifier() and key[0] != "_")
    chosen = {key: key for key in plain if key not in taken}
    taken |= set(chosen)
    for key in keys:
        if key in chosen:
            continue
        name = re.sub(r"\W", "_", key, flags=re.ASCII).lstrip("_")
        name = name if name[:1].isalpha() else f"v{name}"
        while name in taken:
            name += "_"
        chosen[key] = name
        taken.add(name)
    return {key: chosen[key] for key in keys}
