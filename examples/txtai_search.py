"""txtai: its `Reranker` takes any callable that scores texts, so a function is all it needs.

    pip install jingpai txtai

Both models are in the package: offline, on the CPU.
"""

import numpy as np
from txtai import Embeddings
from txtai.pipeline import Reranker

import jingpai

passages = [
    "How long does a fridge last? Keep the coils clean and it runs for ten to fifteen years.",
    "Leftover rice should be refrigerated within two hours and eaten within four days.",
    "米饭放进冰箱冷藏,密封好可以保存三到四天。",
    "The museum is closed on Mondays and public holidays.",
    "新幹線の指定席には電源コンセントがあります。",
]
embedder, reranker = jingpai.Embedder(), jingpai.Reranker()


def vectors(texts: list[str]) -> np.ndarray:
    return embedder.embed_passages(texts)


def similarity(query: str, texts: list[str]) -> list[tuple[int, float]]:
    return [(found.index, found.score) for found in reranker.rank(query, texts)]


embeddings = Embeddings(method="external", transform=vectors, content=True)
embeddings.index(passages)
for found in Reranker(embeddings, similarity)("How long does cooked rice keep in the fridge?", 2):
    print(f"{found['score']:.3f}  {found['text']}")
