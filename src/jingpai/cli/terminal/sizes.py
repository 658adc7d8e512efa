"""Large numbers as people write them, in powers of ten."""

from __future__ import annotations


def bytes_text(count: int) -> str:
    """Return a number of bytes in GB, MB or kB."""
    if count >= 1e9:
        return f"{count / 1e9:.1f} GB"
    if count >= 1e6:
        return f"{count / 1e6:.0f} MB"
    return f"{count / 1e3:.0f} kB"


def count_text(count: int) -> str:
    """Return a number of things, such as 568M."""
    return f"{count / 1e9:.1f}B" if count >= 1e9 else f"{count / 1e6:.0f}M"
