"""The command line: flags and files in, one call of the library, a table or JSON out."""

from jingpai.cli.app import main

__all__ = ["main"]
