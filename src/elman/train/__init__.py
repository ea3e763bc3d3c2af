"""One training run: loop, clipping, convergence, checkpoints, progress.

Names are imported where they are used (`from elman.train.loop import train`), so that settings
and presets can be read without importing torch.
"""
