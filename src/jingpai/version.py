"""The version of jingpai: the build reads it here, and so does whoever notes what made a file."""

__version__ = "0.1.0"
