"""Runs slacli as `python -m slacli`."""

from slacli.cli import main

main()
