"""Runs the command line as `python -m elman`."""

from elman.cli.main import run

if __name__ == "__main__":
    run()
