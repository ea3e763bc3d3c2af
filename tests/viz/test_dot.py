"""DOT: quoting, clusters, edges."""

from __future__ import annotations

from elman.viz.dot import DotNode, write_dot


def test_nodes_clusters_and_edges():
    nodes = [DotNode("n0", "W", "parameter"), DotNode("n1", "h_1\ntanh", "operation", 1)]
    text = write_dot(nodes, [("n0", "n1")], 'say "h"', "t = ")
    assert text.startswith("digraph {") and text.endswith("}\n")
    assert 'label="say \\"h\\"";' in text
    assert 'n1 [shape=box, label="h_1\\ntanh"];' in text
    assert "subgraph cluster_1 {" in text and 'label="t = 1";' in text
    assert "n0 -> n1;" in text
    assert text.count("{") == text.count("}")


def test_a_backslash_is_kept():
    assert 'label="a\\\\b"' in write_dot([DotNode("n0", "a\\b", "input")], [], "", "t = ")
