"""Turn a checkpoint into the model folder: fit the score scale, write the files, sample logits.

    python -m recipe.network.finish                 # work/best.pt -> work/model
    python -m recipe.network.finish --parent 0.2    # a fifth of the way back to the parent
    python -m recipe.network.finish --start         # the untrained start -> work/start, for tests

The temperature and offset are fitted on held-out articles and clusters of the training mix, never
on a development set, and folded into the head, so that a score of 0.5 separates. The folder holds:

    config.json             settings
    model.safetensors       float32; names of transformers.BertModel, and besides them
                            cross_segment_bias [layers, 2, heads]: 0 = query looks at passage,
                            1 = passage looks at query; head.scale [1], head.offset [1],
                            head.linear.weight [1, 2 x hidden]: first token of the query, then the
                            product of the unit-length means. The linear part has no bias of its
                            own, the offset serves. head.compare, head.verdict, head.evidence and
                            shared_token are described in two_segment.py
    embeddings.safetensors  word embeddings in 4-bit blocks
    tokenizer.json
    parity.json             pairs with their float32 logits, to hold an exported graph against
    scale.json              the slope and shift that are folded into the head, for calibrate.py
"""

import json
import shutil
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 (everyone's name for it)

from jingpai.files.model_folder import CONFIG, TABLE, TOKENIZER
from jingpai.training.networks.two_segment import TwoSegmentEncoder
from jingpai.training.networks.two_segment_files import load, save_weights
from recipe.network.groups import Group, read_groups
from recipe.network.inference import ParentTokenizer, logits
from recipe.places import option_parser

SAMPLES = [
    ("What is the capital of France?", "Paris is the capital and largest city of France."),
    ("What is the capital of France?", "The Great Wall of China was built over many centuries."),
    ("法国的首都是哪里?", "巴黎是法国的首都和最大城市。"),
    ("法国的首都是哪里?", "Paris is the capital and largest city of France."),
    ("高血压增加了什么？", "高血压会增加中风、心脏病和肾衰竭的风险。"),
    ("高血压增加了什么？", "这部电影于2010年在北京上映。"),
    ("富士山の高さは?", "富士山は標高3776メートルの日本最高峰である。"),
    ("富士山の高さは?", "東京タワーは1958年に完成した。"),
    ("한국의 수도는 어디입니까?", "서울은 대한민국의 수도이다."),
    ("Wie hoch ist der Eiffelturm?", "La tour Eiffel mesure 330 mètres de hauteur."),
    ("Wie hoch ist der Eiffelturm?", "Berlin hat etwa 3,7 Millionen Einwohner."),
    (
        "¿Quién escribió Don Quijote?",
        "Don Quijote de la Mancha fue escrito por Miguel de Cervantes.",
    ),
    ("Qui a peint la Joconde ?", "La Joconde est un tableau de Léonard de Vinci."),
    ("Кто написал «Войну и мир»?", "«Война и мир» — роман Льва Толстого."),
    ("ما هي عاصمة مصر؟", "القاهرة هي عاصمة جمهورية مصر العربية."),
    ("भारत की राजधानी क्या है?", "नई दिल्ली भारत की राजधानी है।"),
    ("เมืองหลวงของไทยคืออะไร", "กรุงเทพมหานครเป็นเมืองหลวงของประเทศไทย"),
    ("Thủ đô của Việt Nam là gì?", "Hà Nội là thủ đô của Việt Nam."),
    ("list files by size", "ls -lS: list files sorted by size in long format.\n`ls -lS {{path}}`"),
    ("query", ""),
    ("long", "The quick brown fox jumps over the lazy dog. " * 40),
]


def fit_scale(model: TwoSegmentEncoder, groups: list[Group]) -> tuple[float, float]:
    """Logistic regression of "answers" on the logit: two numbers, by Newton's method of LBFGS."""
    pairs = [(group.query, passage) for group in groups for passage in group.passages]
    values = logits(model, pairs)
    labels = torch.tensor(
        [float(n < group.answers) for group in groups for n in range(len(group.passages))]
    )
    # Both sides weigh the same: a negative is four times as frequent here by our own choice.
    weights = torch.where(labels == 1, 0.5 / labels.sum(), 0.5 / (1 - labels).sum())
    slope, shift = torch.ones((), requires_grad=True), torch.zeros((), requires_grad=True)
    optimizer = torch.optim.LBFGS([slope, shift], max_iter=100, line_search_fn="strong_wolfe")

    def closure() -> torch.Tensor:
        optimizer.zero_grad()
        loss = F.binary_cross_entropy_with_logits(
            slope * values + shift, labels, weight=weights, reduction="sum"
        )
        loss.backward()
        return loss

    before = closure().item()
    optimizer.step(closure)
    right = ((slope * values + shift > 0) == (labels == 1)).float()
    balanced = 0.5 * (right[labels == 1].mean() + right[labels == 0].mean())
    print(
        f"{len(groups)} held-out groups: loss {before:.4f} -> {closure().item():.4f}, "
        f"slope {slope.item():.3f}, shift {shift.item():.3f}, right at 0.5: {balanced.item():.3f}"
    )
    return slope.item(), shift.item()


def blend(model: TwoSegmentEncoder, trained: dict[str, Tensor], *, share_of_start: float) -> None:
    """Move a model that stands at the start most of the way to the trained weights.

    Weights between the start and the end of a fine-tuning often do better than either: what was
    learnt stays, and less of what the parent knew is lost.
    """
    for name, value in model.state_dict().items():
        value.copy_(share_of_start * value + (1 - share_of_start) * trained[name])


def write(model: TwoSegmentEncoder, out: Path, *, base: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    config = {key: value for key, value in model.config.items() if key != "architectures"}
    config |= {
        "model_type": "two-segment-bert",
        "query_prefix": "query: ",
        "passage_prefix": "passage: ",
    }
    (out / CONFIG).write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
    save_weights(model, out)
    for name in (TABLE, TOKENIZER):
        shutil.copyfile(base / name, out / name)
    tokenizer = ParentTokenizer(out)
    queries = tokenizer.queries([query for query, _ in SAMPLES])
    passages = tokenizer.passages([passage for _, passage in SAMPLES])
    values = logits(load(out), list(zip(queries, passages, strict=True)), exact=True)
    parity = [
        {"query": query, "passage": passage, "logit": value}
        for (query, passage), value in zip(SAMPLES, values.tolist(), strict=True)
    ]
    (out / "parity.json").write_text(
        json.dumps(parity, ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
    )
    print(f"wrote {out}")


def main() -> None:
    parser = option_parser(__doc__, work=True)
    parser.add_argument("--checkpoint", default="best.pt")
    parser.add_argument("--parent", type=float, default=0.0, help="share of the start, 0 to 1")
    parser.add_argument("--start", action="store_true", help="write the untrained start instead")
    options = parser.parse_args()
    base = options.work / "base"
    model = load(base)
    if options.start:
        write(model, options.work / "start", base=base)
        return
    trained = torch.load(options.work / options.checkpoint)["model"]
    if "evidence.weight" in trained:
        model.add_evidence()
    blend(model, trained, share_of_start=options.parent)
    tokenizer = ParentTokenizer(base)
    apart = [
        group
        for name in ("groups.jsonl", "teacher.jsonl")
        for group in read_groups(options.work / name, tokenizer, held_out=True)
    ]
    slope, shift = fit_scale(model, apart)
    with torch.no_grad():
        for part in (model.scale, model.offset, model.linear.weight, model.verdict.weight):
            part.mul_(slope)
        model.offset.add_(shift)
    write(model, options.work / "model", base=base)
    scale = json.dumps({"slope": slope, "shift": shift})
    (options.work / "model" / "scale.json").write_text(scale + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
