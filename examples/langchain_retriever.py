"""LangChain: search a vector store, then let a compressor put the answers first.

    pip install "jingpai[langchain]" langchain-classic

Both models are in the package: offline, on the CPU.
"""

from langchain_classic.retrievers import ContextualCompressionRetriever
from langchain_core.documents import Document
from langchain_core.vectorstores import InMemoryVectorStore

from jingpai.integrations.langchain import JingpaiEmbeddings, JingpaiRerank

passages = [
    "How long does a fridge last? Keep the coils clean and it runs for ten to fifteen years.",
    "Leftover rice should be refrigerated within two hours and eaten within four days.",
    "米饭放进冰箱冷藏,密封好可以保存三到四天。",
    "The museum is closed on Mondays and public holidays.",
    "新幹線の指定席には電源コンセントがあります。",
]
store = InMemoryVectorStore(JingpaiEmbeddings())
store.add_documents([Document(text, metadata={"line": i}) for i, text in enumerate(passages)])

retriever = ContextualCompressionRetriever(
    base_retriever=store.as_retriever(search_kwargs={"k": 4}),
    base_compressor=JingpaiRerank(top_n=2),
)
for document in retriever.invoke("How long does cooked rice keep in the fridge?"):
    print(f"{document.metadata['relevance_score']:.3f}  {document.page_content}")
