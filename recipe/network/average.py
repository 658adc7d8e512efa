"""Average the weights of several runs: between them lies what each of them alone forgets.

    python -m recipe.network.average 0.3*first.pt 0.4*fifth.pt 0.3*sixth.pt --output mean.pt
    python -m recipe.network.finish --checkpoint mean.pt

A run on cases that were written to fool learns to see through them, and to distrust plain answers;
the mean with a run that never saw such cases keeps most of both (Wortsman et al. 2022, "Robust
fine-tuning of zero-shot models"). It only works between runs of which one started from another.
"""

import torch

from recipe.places import option_parser


def read_part(text: str) -> tuple[float, str]:
    share, _, name = text.partition("*")
    return float(share), name


def main() -> None:
    parser = option_parser(__doc__, work=True)
    parser.add_argument("parts", nargs="+", type=read_part, metavar="SHARE*CHECKPOINT")
    parser.add_argument("--output", default="mean.pt")
    options = parser.parse_args()
    whole = sum(share for share, _ in options.parts)
    if abs(whole - 1) > 1e-6:
        raise SystemExit(f"the shares add up to {whole:g}, and must to 1")
    mean: dict[str, torch.Tensor] = {}
    for share, name in options.parts:
        for key, value in torch.load(options.work / name)["model"].items():
            mean[key] = mean.get(key, 0) + share * value
    torch.save({"model": mean}, options.work / options.output)


if __name__ == "__main__":
    main()
