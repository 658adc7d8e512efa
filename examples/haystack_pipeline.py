"""Haystack: a pipeline of BM25 and a ranker, which can be written down and read again.

pip install "jingpai[haystack]"
"""

from haystack import Document, Pipeline
from haystack.components.retrievers.in_memory import InMemoryBM25Retriever
from haystack.document_stores.in_memory import InMemoryDocumentStore

from jingpai.integrations.haystack import JingpaiRanker

passages = [
    "How long does a fridge last? Keep the coils clean and it runs for ten to fifteen years.",
    "How long does the rice harvest last? In the south it takes until the end of October.",
    "Leftover rice should be refrigerated within two hours and eaten within four days.",
    "The museum is closed on Mondays and public holidays.",
]
store = InMemoryDocumentStore()
store.write_documents([Document(content=text) for text in passages])

pipeline = Pipeline()
pipeline.add_component("retriever", InMemoryBM25Retriever(store, top_k=4))
pipeline.add_component("ranker", JingpaiRanker(top_k=2))
pipeline.connect("retriever.documents", "ranker.documents")

question = "How long does cooked rice keep in the fridge?"
data = {"retriever": {"query": question}, "ranker": {"query": question}}
for document in pipeline.run(data)["ranker"]["documents"]:
    print(f"{document.score:.3f}  {document.content}")

written = pipeline.dumps()
again = Pipeline.loads(written, allowed_modules=["jingpai.*"])  # Haystack trusts no other module
