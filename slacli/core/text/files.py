"""Which files of a contract folder are read at all: alike on disk and in a commit."""

from __future__ import annotations

# What editors and systems leave in a folder is no page of a contract.
_LEFT_BEHIND = {".DS_Store", "Thumbs.db", "README.md", ".gitkeep", ".gitattributes"}

LARGEST = 16 * 1024 * 1024
"""How many bytes of a file are read at most: far more than any page may have, so that a page can be told too big."""


def counts(path: str, *, is_folder: bool = False) -> bool:
    """Say whether a file, by its path in the folder, is read as part of the contract; or what a folder in it holds.

    Where the folder is the top of a repository, what Git keeps in it is none of its pages.
    """
    parts = path.split("/")
    is_left = parts[-1] in _LEFT_BEHIND or parts[-1].endswith(("~", ".swp"))
    return ".git" not in parts and (is_folder or not is_left)
