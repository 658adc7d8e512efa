"""Search a collection with vectors, then rerank what was found.

The embedder reads every passage once, beforehand, so it can search many; the reranker reads each
found passage together with the question, so it tells an answer from a passage that only sounds
alike. `jingpai demo` shows the same in a table, in four languages.
"""

import numpy as np

from jingpai import Embedder, Reranker

passages = [
    "How long does a fridge last? Keep the coils clean and it runs for ten to fifteen years.",
    "How long the fridge runs depends on the kitchen: keep the door closed and it rests more.",
    "Leftover rice should be refrigerated within two hours and eaten within four days.",
    "米饭放进冰箱冷藏,密封好可以保存三到四天。",
    "The museum is closed on Mondays and public holidays.",
    "新幹線の指定席には電源コンセントがあります。",
    "地铁一号线早上六点发车,晚上十一点收车。",
    "Le violon a quatre cordes et se joue avec un archet.",
]
question = "How long does cooked rice keep in the fridge?"

embedder, reranker = Embedder(), Reranker()  # both are in the package: offline, on the CPU
index = embedder.embed_passages(passages)  # [passages, 384]; keep it, with np.save for example

(query,) = embedder.embed_queries([question])
similarities = index @ query
found = np.argsort(-similarities, kind="stable")[:4]
print("found by vectors:")
for position in found:
    print(f"  {similarities[position]:.3f}  {passages[position]}")

print("reranked:")
for ranked in reranker.rank(question, [passages[position] for position in found]):
    print(f"  {ranked.score:.3f}  {ranked.text}")
