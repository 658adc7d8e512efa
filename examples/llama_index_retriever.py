"""LlamaIndex: search an index, then let a node postprocessor put the answers first.

    pip install "jingpai[llama-index]"

Both models are in the package: offline, on the CPU. A query engine takes the same postprocessor:
`index.as_query_engine(node_postprocessors=[JingpaiRerank()])`.
"""

from llama_index.core import VectorStoreIndex
from llama_index.core.schema import TextNode

from jingpai.integrations.llama_index import JingpaiEmbedding, JingpaiRerank

passages = [
    "How long does a fridge last? Keep the coils clean and it runs for ten to fifteen years.",
    "Leftover rice should be refrigerated within two hours and eaten within four days.",
    "米饭放进冰箱冷藏,密封好可以保存三到四天。",
    "The museum is closed on Mondays and public holidays.",
    "新幹線の指定席には電源コンセントがあります。",
]
index = VectorStoreIndex([TextNode(text=text) for text in passages], embed_model=JingpaiEmbedding())

question = "How long does cooked rice keep in the fridge?"
nodes = index.as_retriever(similarity_top_k=4).retrieve(question)
for node in JingpaiRerank(top_n=2).postprocess_nodes(nodes, query_str=question):
    print(f"{node.score:.3f}  {node.text}")
