"""Runs slacli as `python -m slacli`."""

from slacli.cli import program

program()
