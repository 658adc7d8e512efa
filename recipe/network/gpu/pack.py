"""Pack all that a run needs into one file, for a machine that has a GPU and nothing else.

    python -m recipe.network.gpu.pack --output FOLDER                      # start as the parent
    python -m recipe.network.gpu.pack --output FOLDER --start work/best.pt # or go on from weights

Reads `work/base`, `work/groups.jsonl` and `work/teacher.jsonl`, as recipe.network.train does.
"""

from pathlib import Path

from safetensors.numpy import load_file

from jingpai.files.model_folder import TABLE
from recipe.network.gpu.contents import BFLOAT16_MANTISSA, Pack, write_pack
from recipe.network.inference import ParentTokenizer
from recipe.network.train import groups_apart, groups_to_learn, starting_network
from recipe.places import option_parser


def main() -> None:
    parser = option_parser(__doc__, work=True)
    parser.add_argument("--output", type=Path, required=True, help="a folder, for pack.zip")
    parser.add_argument(
        "--start", type=Path, help="weights to begin with, of an earlier run or model"
    )
    parser.add_argument(
        "--mantissa",
        type=int,
        choices=range(1, BFLOAT16_MANTISSA + 1),
        default=BFLOAT16_MANTISSA,
        help="bits kept of a weight's mantissa; with fewer the pack is smaller",
    )
    parser.add_argument(
        "--fewest",
        type=int,
        default=1,
        help="times that a token has to occur; rarer ones become <unk>, and the pack is smaller",
    )
    options = parser.parse_args()
    base = options.work / "base"
    tokenizer = ParentTokenizer(base)
    pack = Pack(
        model=starting_network(base, options.start),
        groups=groups_to_learn(options.work, tokenizer),
        held_out=groups_apart(options.work, tokenizer),
    )
    table = load_file(base / TABLE)
    path = write_pack(
        options.output, pack, table=table, mantissa=options.mantissa, fewest=options.fewest
    )
    groups = f"{len(pack.groups)} groups, {len(pack.held_out)} held out"
    print(f"wrote {path}: {groups}, {path.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
