"""The trap of a TensorFlow install that breaks the import of `transformers`, and its mends."""

from __future__ import annotations

_MARKS = ("currently installed version of Keras is Keras 3", "module 'keras' has no attribute")

MENDS = (
    "`transformers` failed to import because TensorFlow is installed with Keras 3, which it does "
    "not support. jingpai needs neither. One of these mends it: `pip install tf-keras`, "
    "`pip uninstall tensorflow keras`, or setting the environment variable USE_TF=0."
)


def is_keras_trap(error: BaseException) -> bool:
    """Whether an error, or one behind it, is the one that Keras 3 causes in `transformers`."""
    seen: BaseException | None = error
    while seen is not None:
        if any(mark in str(seen) for mark in _MARKS):
            return True
        seen = seen.__cause__ or seen.__context__
    return False
