"""One JAX row for each operation of the table, on values with leading time and batch axes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from elman.bench.peers.base import NotComputedError
from elman.ir.graph import Node
from elman.ir.operations import LAYERNORM_EPSILON, LEAKY_SLOPE, OPERATIONS

Array = Any  # a jax array; JAX is imported where it is used


def apply(node: Node, values: Mapping[int, Array], parameters: Mapping[str, Array]) -> Array:
    """Computes a node that reads no other step.

    Raises:
        NotComputedError: The operation has no row.
    """
    import jax.numpy as jnp

    if node.op == "number":
        return jnp.float32(node.value)
    if node.op == "parameter":
        return parameters[node.key]
    args = [values[arg.number] for arg in node.args]
    if OPERATIONS[node.op].kind == "elementwise":
        rank = max(len(arg.shape) for arg in node.args)
        args = [
            value.reshape(value.shape + (1,) * (rank - len(arg.shape)))
            for value, arg in zip(args, node.args, strict=True)
        ]
        return _elementwise()[node.op](*args)
    return _by_shape(node, args)


def _by_shape(node: Node, args: list[Array]) -> Array:
    import jax.numpy as jnp

    shapes = [arg.shape for arg in node.args]
    if node.op == "matmul":
        ranks = (len(shapes[0]), len(shapes[1]))
        if ranks == (2, 1) and args[0].ndim == 2:
            return args[1] @ args[0].T
        if ranks == (2, 1):
            return (args[0] @ args[1][..., None])[..., 0]
        if ranks == (1, 2):
            return (args[0][..., None, :] @ args[1])[..., 0, :]
        return args[0] @ args[1]
    if node.op == "dot":
        return (args[0] * args[1]).sum(-1)
    if node.op == "outer":
        return args[0][..., :, None] * args[1][..., None, :]
    if node.op == "concat":
        parts = [a if shape else a[..., None] for a, shape in zip(args, shapes, strict=True)]
        lead = jnp.broadcast_shapes(*(part.shape[:-1] for part in parts))
        return jnp.concatenate([jnp.broadcast_to(p, (*lead, p.shape[-1])) for p in parts], -1)
    if node.op == "transpose":
        return jnp.swapaxes(args[0], -1, -2)
    if node.op == "expand":
        own = tuple(dim.size or 0 for dim in shapes[-1])
        return jnp.broadcast_to(
            args[0].reshape(args[0].shape + (1,) * len(own)), args[0].shape + own
        )
    if node.op == "sum":
        return args[0].sum(tuple(range(-len(shapes[0]), 0)))
    rows = _rows()
    if node.op not in rows:
        raise NotComputedError(f"JAX has no row for {node.op}")
    return rows[node.op](args[0])


def _rows() -> dict[str, Callable[[Array], Array]]:
    import jax
    import jax.numpy as jnp

    def layernorm(x: Array) -> Array:
        centred = x - x.mean(-1, keepdims=True)
        variance = (centred * centred).mean(-1, keepdims=True)
        return centred * jax.lax.rsqrt(variance + LAYERNORM_EPSILON)

    return {
        "mean": lambda x: x.mean(-1),
        "max": lambda x: x.max(-1),
        "min": lambda x: x.min(-1),
        "prod": lambda x: x.prod(-1),
        "norm": lambda x: jnp.sqrt((x * x).sum(-1)),
        "softmax": lambda x: jax.nn.softmax(x, -1),
        "layernorm": layernorm,
    }


def _elementwise() -> dict[str, Callable[..., Array]]:
    import jax
    import jax.numpy as jnp

    return {
        "add": jnp.add,
        "subtract": jnp.subtract,
        "multiply": jnp.multiply,
        "divide": jnp.divide,
        "power": jnp.power,
        "negate": jnp.negative,
        "minimum": jnp.minimum,
        "maximum": jnp.maximum,
        "clip": lambda x, low, high: jnp.minimum(jnp.maximum(x, low), high),
        "tanh": jnp.tanh,
        "sigmoid": jax.nn.sigmoid,
        "relu": jax.nn.relu,
        "leaky_relu": lambda x: jnp.where(x > 0, x, LEAKY_SLOPE * x),
        "elu": jax.nn.elu,
        "gelu": lambda x: jax.nn.gelu(x, approximate=False),
        "silu": jax.nn.silu,
        "softplus": jax.nn.softplus,
        "softsign": jax.nn.soft_sign,
        "hard_sigmoid": lambda x: jnp.clip(x / 6.0 + 0.5, 0.0, 1.0),
        "exp": jnp.exp,
        "log": jnp.log,
        "sqrt": jnp.sqrt,
        "sin": jnp.sin,
        "cos": jnp.cos,
        "abs": jnp.abs,
        "sign": jnp.sign,
        "step": lambda x: (x > 0).astype(x.dtype),
        "erf": jax.lax.erf,
    }
