"""Join the parts that a run left into a checkpoint, as recipe.network.train leaves one.

python -m recipe.network.gpu.unpack_parts OUT --name first.pt    # -> work/first.pt
python -m recipe.network.finish --checkpoint first.pt
"""

from pathlib import Path

import torch

from recipe.network.gpu.parts import read_parts
from recipe.places import option_parser


def main() -> None:
    parser = option_parser(__doc__, work=True)
    parser.add_argument("parts", type=Path, metavar="OUT", help="the folder with the parts")
    parser.add_argument("--name", default="last.pt", help="of the checkpoint in the work folder")
    options = parser.parse_args()
    path = options.work / options.name
    torch.save({"model": read_parts(options.parts)}, path)
    print(f"wrote {path}; next: python -m recipe.network.finish --checkpoint {options.name}")


if __name__ == "__main__":
    main()
