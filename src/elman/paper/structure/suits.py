"""What a recurrence can and cannot be used for, from its structure."""

from __future__ import annotations

from collections.abc import Sequence

from elman.ir import Recurrence


def describe_suits(recurrence: Recurrence, terms: Sequence[str]) -> tuple[str, ...]:
    """Returns sentences on what suits a recurrence, each with its reason.

    Args:
        recurrence: Any.
        terms: The terms of its structure.
    """
    return (_when(recurrence), *_how_far(recurrence, terms))


def _when(recurrence: Recurrence) -> str:
    output = f"{recurrence.outputs[0]}_t" if recurrence.outputs else "its value"
    source = recurrence.inputs[0] if recurrence.inputs else "the sequence"
    if recurrence.direction == "bidirectional":
        return (
            f"It needs the whole sequence before it can give {output}, which depends on every "
            f"{source} before and after step t. So it can label a recording (speech, handwriting, "
            "part-of-speech tags, each step with its context on both sides), and it cannot predict "
            "the next sample or run while samples arrive."
        )
    if recurrence.direction == "backward":
        return (
            f"It begins at the last step, so it needs the whole sequence before it can give "
            f"{output}: it can label a recording, and cannot predict the next sample."
        )
    if not recurrence.online:
        return (
            f"{output} needs inputs of later steps, so it can be given only with that delay; it "
            "cannot predict the next sample."
        )
    return (
        f"{output} depends on step t and what came before, so it can run while samples arrive: "
        "predicting the next sample, language models, control; it cannot use what comes later."
    )


def _how_far(recurrence: Recurrence, terms: Sequence[str]) -> list[str]:
    """How far back it can learn to look, and how fast it trains."""
    if not recurrence.states:
        return ["It has no memory: nothing before what a step reads can matter."]
    found = []
    if "gated" in terms:
        found.append(
            "Gates let the state pass many steps unchanged, so it can learn long dependencies "
            "(tens to hundreds of steps), best when the gate that keeps the state starts open."
        )
    elif "residual over time" in terms or "leaky integrator" in terms:
        found.append(
            "What a state keeps of itself gives the gradient a way past the nonlinearity, so it "
            "can follow slow signals."
        )
    elif "Elman network" in terms or "Jordan network" in terms:
        found.append(
            "Its gradient is multiplied by the recurrent weights and the slope of the nonlinearity "
            "at every step, so it fades or explodes over long spans: it suits short dependencies, "
            "or an orthogonal start."
        )
    if "linear and diagonal" in terms:
        gated = "gated" in terms
        found.append(
            "It suits very long sequences, as all steps of a training sequence can be computed "
            "together"
            + (", the gates reading inputs alone." if gated else "; taken alone, it is a filter.")
        )
    return found
