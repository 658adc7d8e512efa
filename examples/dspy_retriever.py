"""DSPy: a module that retrieves and reranks; a program calls it as it calls any retriever.

    pip install jingpai dspy

Both models are in the package: offline, on the CPU.
"""

import dspy

from jingpai import Embedder, Reranker


class RerankedRetriever(dspy.Module):
    """Gives back the passages that answer, best first, with their scores and positions."""

    def __init__(self, passages: list[str], *, candidates: int = 20, k: int = 3) -> None:
        super().__init__()
        self.retriever = dspy.retrievers.Embeddings(
            passages, embedder=Embedder().embed_passages, k=candidates
        )
        self.reranker = Reranker()
        self.k = k

    def forward(self, query: str) -> dspy.Prediction:
        found = self.retriever(query)
        ranking = self.reranker.rank(query, found.passages, top_k=self.k)
        return dspy.Prediction(
            passages=[one.text for one in ranking],
            indices=[found.indices[one.index] for one in ranking],
            scores=[one.score for one in ranking],
        )


passages = [
    "How long does a fridge last? Keep the coils clean and it runs for ten to fifteen years.",
    "Leftover rice should be refrigerated within two hours and eaten within four days.",
    "米饭放进冰箱冷藏,密封好可以保存三到四天。",
    "The museum is closed on Mondays and public holidays.",
    "新幹線の指定席には電源コンセントがあります。",
]
retrieve = RerankedRetriever(passages, candidates=4, k=2)
found = retrieve(query="How long does cooked rice keep in the fridge?")
for score, passage in zip(found.scores, found.passages, strict=True):
    print(f"{score:.3f}  {passage}")
