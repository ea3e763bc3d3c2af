"""The command `elman`: one short function per verb."""
