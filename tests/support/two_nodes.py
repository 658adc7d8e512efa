"""A Ray cluster of two nodes on this computer, until the standard input ends.

Prints the cluster's address. At each line that it reads, a node dies.
"""

from __future__ import annotations

import sys

from ray.cluster_utils import Cluster

CORES = 1  # of each node


def main() -> None:
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": CORES})
    second = cluster.add_node(num_cpus=CORES)
    print(cluster.address, flush=True)
    for _ in sys.stdin:
        cluster.remove_node(second, allow_graceful=False)
        print("a node died", flush=True)
    cluster.shutdown()  # type: ignore[no-untyped-call]


if __name__ == "__main__":
    main()
