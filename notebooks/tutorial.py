# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Recurrent neural networks: the tutorial, answered
#
# All exercises of the tutorial of 19 January 2023 (Matthias Rowold), each answered by calls of
# elman, and what goes a little beyond them. Every answer is computed here; none is typed in.

# %%
import contextlib
import tempfile

import numpy as np

import elman
from elman.autodiff import differentiate, gradients
from elman.cli.main import main
from elman.paper.drawing.backward import draw_backward
from elman.paper.drawing.picture import draw
from elman.paper.gradient.closed_form import derive
from elman.paper.memory.stored import count_memory, stored_places


def run(*words):
    """Runs a command as a terminal would."""
    assert main(list(words)) == 0


# %% [markdown]
# ## Exercise 1: the graph over two steps
#
# Inputs and parameters stand in circles, computations in rectangles; the boxes in which $h_1$ and
# $h_2$ are computed carry their names.

# %%
EXERCISE_1 = r"""
h_t = \tanh(Wh_{t-1} + Ux_t)
y_t = Vh_t
"""
draw(elman.parse(EXERCISE_1), steps=2)

# %% [markdown]
# ## Exercise 2: the gradient through time, and what it needs
#
# $z$ and $\tau_i$ are added as two more lines. Writing $\tau$ beside $h$ names the
# pre-activation; it does not compute it twice.

# %%
EXERCISE_2 = (
    EXERCISE_1
    + r"""
z = \prod_i y_i
\tau_i = Wh_{i-1} + Ux_i
"""
)
exercise_2 = elman.parse(EXERCISE_2)
draw(exercise_2, steps=2)

# %% [markdown]
# The gradient in the variables that the exercise asks for, the steps that lead to it, and how far
# it is at random values from a derivative found in another way:

# %%
VARIABLES = "y_1,y_2,h_0,h_1,tau_1,tau_2,W,V"
run("gradient", EXERCISE_2, "--of", "z", "--wrt", "W", "--steps", "2", "--in", VARIABLES)

# %% [markdown]
# The same as a formula:

# %%
form = derive(exercise_2, "z", "W", 2, within=VARIABLES.split(","))
print(form.latex)

# %% [markdown]
# What must be stored beside parameters and inputs, if each derivative reads what its operation is
# applied to: five variables for two steps.

# %%
draw(
    exercise_2,
    steps=2,
    stored=stored_places(exercise_2, 2, "inputs", of="z", wrt=["W"]),
)

# %% [markdown]
# With $\frac{dy}{dx} = 1 - y^2$ the $\tau_i$ are not needed: four.

# %%
draw(
    exercise_2,
    steps=2,
    stored=stored_places(exercise_2, 2, "outputs", of="z", wrt=["W"]),
)

# %% [markdown]
# How many more for 100 steps instead of 2: 294 in the first case and 196 in the second.

# %%
run("memory", EXERCISE_2, "--of", "z", "--wrt", "W", "--steps", "100")

# %%
memory = count_memory(exercise_2, "z", wrt=["W"], steps=100)
for name in ("inputs", "outputs"):
    found = memory.conventions[name]
    print(f"{name}: {found.count - found.at_two} more, {found.formula} in all")

# %% [markdown]
# ### Beyond: the backward pass over the forward one
#
# Each box with the derivative of $z$ with respect to it; where a line forks on its way forward,
# what comes back is added.

# %%
draw_backward(exercise_2, "z", 2)

# %% [markdown]
# ### Beyond: the equations for any number of steps

# %%
run("gradient", EXERCISE_2, "--of", "z", "--bptt")

# %% [markdown]
# And for an LSTM, whose gradients nobody wants to derive by hand:

# %%
run("gradient", "lstm", "--bptt")

# %% [markdown]
# ## Exercise 3: where the inputs are
#
# $x_1$ and $x_2$ do not stand in the formula; they enter through the stored values.

# %%
words = ["--of", "z", "--wrt", "W", "--steps", "2", "--in", VARIABLES, "--explain"]
run("gradient", EXERCISE_2, *words)

# %% [markdown]
# ## Exercise 4: a gradient that is too large
#
# **Gradient clipping.** If the norm of the gradient $g$ exceeds a bound $c$, it is scaled back:
# $g \leftarrow g \cdot \min(1, c / \|g\|)$. Its direction stays, the length of the step is
# bounded, and the same network goes on training. (`elman train` and `elman lab` do so with
# `--clip`.)
#
# A recurrent weight above 1 makes the gradient grow with every step:

# %%
growing = elman.parse("h_t = w h_{t-1} + x_t; L = \\frac{1}{T}\\sum_t (h_t - 1)^2")
adjoint = differentiate(growing.typed(), total="L", wrt=["w"])
BOUND = 1.0
for steps in (2, 10, 50):
    gradient = gradients(adjoint, {"w": 1.3, "x": np.ones(steps)})["w"]
    clipped = gradient * min(1.0, BOUND / abs(gradient))
    print(f"T = {steps:>2}: dL/dw = {gradient:12.4g}, clipped {clipped:.4g}")

# %% [markdown]
# ## Exercise 5: which type of network
#
# It is bidirectional: $h$ runs forward and $k$ backward. What follows for its use is said as
# well.

# %%
EXERCISE_5 = r"""
h_t = \tanh(A_1 x_t + B_1 h_{t-1} + c_1)
k_t = \tanh(A_2 x_t + B_2 k_{t+1} + c_2)
y_t = h_t + k_t
"""
run("show", EXERCISE_5)

# %%
draw(elman.parse(EXERCISE_5), steps=3)

# %% [markdown]
# ## Exercise 6: two sets of parameters
#
# Every operation rounded to two decimals, the two cases side by side. $L$ is 2.00 with set (1)
# and 0.45 with set (2).

# %%
EXERCISE_6 = r"""
h_t = \tanh(ax_t + bh_{t-1} + c)
y_t = h_t
L = \sum_t y_t^2
"""
CASES = ["--case", "a=20,b=1,c=1", "--case", "a=1,b=1,c=0", "--input", "x=0.5,-1"]
run("evaluate", EXERCISE_6, *CASES, "--initial", "h=0", "--round", "2")

# %% [markdown]
# Which to start from: set (2). With set (1) the tanh is saturated at both steps, so its slope is
# 0 to two decimals and no gradient comes through.

# %%
run("check-init", EXERCISE_6, *CASES, "--initial", "h=0")

# %% [markdown]
# ## Exercise 7: long sequences cut into short ones
#
# **Advantage**: less has to be stored, and the backward pass is short. For one of 4 pieces of 25
# steps:

# %%
for steps in (100, 25):
    held = count_memory(exercise_2, "z", wrt=["W"], steps=steps).conventions["outputs"]
    print(f"T = {steps:>3}: {held.count} variables stored")

# %% [markdown]
# **Disadvantage**: what depends on an input before the cut is not learned, even if the state is
# carried over, as the gradient ends at the cut. Here the input of step 1 decides the target of
# step 8:

# %%
carried = elman.parse("h_t = tanh(w h_{t-1} + u x_t); y_t = v h_t; L = \\sum_t m_t (y_t - 1)^2")
graph = carried.typed()
adjoint = differentiate(graph, total="L", wrt=["u", "h"])
values = {"w": 0.9, "u": 0.5, "v": 1.0}
x = np.array([1.0, 0, 0, 0, 0, 0, 0, 0])
m = np.array([0, 0, 0, 0, 0, 0, 0, 1.0])  # only the last step counts
whole = gradients(adjoint, {**values, "x": x, "m": m})["u"]
first = elman.evaluate(graph, {**values, "x": x[:4], "m": m[:4]})
second = {**values, "x": x[4:], "m": m[4:], "h_0": first.at("h", 4)}
cut = gradients(adjoint, second)["u"]
print(f"dL/du over 8 steps: {whole:.4f}; over the last 4 only: {cut:.4f}")

# %% [markdown]
# ## Coding exercises: forward passes
#
# A function of one's own for the forward pass, and the same from the equations:


# %%
def forward(a, b, c, x, h):
    """The recurrence of exercise 6, written by hand."""
    outputs = []
    for value in x:
        h = np.tanh(a * value + b * h + c)
        outputs.append(h)
    return np.array(outputs)


series = np.sin(np.arange(1, 16))
own = forward(0.5, -0.8, 0.1, series, 0.0)
same = elman.evaluate(elman.parse(EXERCISE_6).typed(), {"a": 0.5, "b": -0.8, "c": 0.1, "x": series})
for step in (1, 7, 15):
    print(f"y_{step} = {own[step - 1]:.6f} by hand, {same.at('y', step):.6f} from the equations")

# %% [markdown]
# The function of the bidirectional network, written by elman:

# %%
run("code", EXERCISE_5, "--framework", "numpy")

# %% [markdown]
# ### The notebook on handwritten digits
#
# An image is read row by row, as a sequence of 8 vectors of 8 pixels; the state after the last
# row decides the digit. A short training run on the CPU (more steps give a better classifier):

# %%
with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
    run(
        "train",
        "digits",
        "--cell",
        "vanilla",
        "--sizes",
        "h=16",
        "--steps",
        "30",
        "--out",
        "digits",
    )
