"""Code written for a tutorial on BGE-Reranker-v2-m3 runs with its import changed.

The model's name is the only other difference here: the bundled model needs no download. Leave it
out for BAAI/bge-reranker-v2-m3.
"""

from jingpai import BGEM3Reranker

query = "Python怎么读取JSON文件?"
docs = [
    "用json模块的load函数可以把JSON文件读成字典:with open('a.json') as f: data = json.load(f)",
    "蟒蛇是一类无毒的大型蛇,主要分布在热带地区。",
    "JSON是一种轻量级的数据交换格式,由道格拉斯·克罗克福德提出。",
]

reranker = BGEM3Reranker(model_name="jingpai-small", use_fp16=True, max_length=512)
scores = reranker.rerank(query, docs)
reranked = sorted(zip(docs, scores, strict=True), key=lambda pair: pair[1], reverse=True)

for doc, score in reranked:
    print(f"{score:.3f}  {doc}")
