"""Load the bundled model and score one Chinese and one English document."""

from jingpai import Reranker

query = "大熊猫主要吃什么?"
documents = [
    "大熊猫的食物几乎全是竹子,一只成年大熊猫每天要吃十几公斤。",
    "The subway line opens at six in the morning and closes at eleven at night.",
]

reranker = Reranker()  # offline, on the CPU; Reranker("BAAI/bge-reranker-v2-m3") is the large one
for score, document in zip(reranker.score(query, documents), documents, strict=True):
    print(f"{score:.3f}  {document}")
