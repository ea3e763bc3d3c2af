"""All contenders, in the order of tables."""

from __future__ import annotations

from collections.abc import Sequence

from elman.bench.peers import (
    compiled_loop,
    elman_module,
    jax_scan,
    onnx_runtime,
    torch_nn,
    torchrecurrent_layers,
)
from elman.bench.peers.base import Peer
from elman.errors import DataError

OURS = elman_module.OURS
PEERS = {
    peer.name: peer
    for peer in (
        torch_nn.PEER,
        elman_module.LOOP,
        compiled_loop.PEER,
        jax_scan.PEER,
        torchrecurrent_layers.PEER,
        onnx_runtime.PEER,
    )
}


def choose_peers(names: Sequence[str] | None) -> tuple[list[Peer], list[str]]:
    """Returns the peers that are installed, and the names of those that are not.

    Args:
        names: Those that are asked for; all of them without.

    Raises:
        DataError: A name is unknown.
    """
    for name in names or ():
        if name not in PEERS:
            raise DataError(f"there is no peer {name!r}\n  Choose among {', '.join(PEERS)}.")
    wanted = [peer for name, peer in PEERS.items() if names is None or name in names]
    found = [peer for peer in wanted if peer.installed()]
    return found, [peer.name for peer in wanted if not peer.installed()]
