"""A Ray to work on: a cluster that is there, or one that is started on this computer."""

from __future__ import annotations

import logging
import socket
from contextlib import contextmanager
from typing import TYPE_CHECKING

import ray

from jingpai.errors import ClusterFailed

if TYPE_CHECKING:
    from collections.abc import Iterator

_PATIENCE_S = 5


@contextmanager
def connected(
    address: str | None,
    *,
    num_cpus: int | None = None,
    object_store_memory: int | None = None,
    log_to_driver: bool = True,
    logging_level: int = logging.WARNING,
) -> Iterator[None]:
    """Connect to a cluster, or start one here, and leave it at the end.

    Args:
        address: Of a cluster; None starts Ray on this computer.
        num_cpus: Cores of a Ray that is started here; None counts those of the computer.
        object_store_memory: Bytes that its processes share; None leaves it to Ray.
        log_to_driver: Whether what processes print is shown here.
        logging_level: Of what Ray says of itself.

    Raises:
        ClusterFailed: There is none at the address, or it does not start.
    """
    try:
        if address is None:
            ray.init(
                "local",
                num_cpus=num_cpus,
                object_store_memory=object_store_memory,
                include_dashboard=False,
                log_to_driver=log_to_driver,
                logging_level=logging_level,
            )
        else:
            _check_listening(address)
            ray.init(address, log_to_driver=log_to_driver, logging_level=logging_level)
    except Exception as error:  # a Ray that does not start in time raises Exception itself
        raise ClusterFailed(_why(address, error)) from error
    try:
        yield
    finally:
        ray.shutdown()


def first_line(error: Exception) -> str:
    """Return what an error says, without what Ray adds below."""
    return str(error).strip().partition("\n")[0]


def _check_listening(address: str) -> None:
    """Where nobody listens, Ray would try for minutes."""
    host, colon, port = address.removeprefix("ray://").rpartition(":")
    if colon and port.isdecimal():
        socket.create_connection((host.strip("[]"), int(port)), timeout=_PATIENCE_S).close()


def _why(address: str | None, error: Exception) -> str:
    if address is None:
        return (
            f"Ray does not start on this computer ({first_line(error)}). Its logs are in"
            " /tmp/ray/session_latest/logs; on a busy computer another try may help."
        )
    return (
        f"the cluster at {address} does not answer ({first_line(error)}). `ray status` on one of"
        " its machines says its address; without --address, Ray is started here."
    )
