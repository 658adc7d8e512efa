"""Candidates that share the question's words against candidates that answer it.

A first stage that looks for the same words puts the wrong passages first; the reranker reads each
passage together with the question. `jingpai demo` shows the same in a table, in four languages.
"""

import time

from jingpai import Reranker
from jingpai.cli.demo_cases import CASES
from jingpai.cli.overlap import shared_character_pairs

reranker = Reranker()
case = CASES[0]
print(case.query)

overlaps = [shared_character_pairs(case.query, text) for text in case.documents]
print("\nby shared words:")
for index in sorted(range(len(overlaps)), key=lambda index: -overlaps[index]):
    print(f"  {overlaps[index]:.2f}  {case.candidates[index].role:<12}  {case.documents[index]}")

start = time.perf_counter()
ranking = reranker.rank(case.query, case.documents)
seconds = time.perf_counter() - start
print("\nreranked:")
for found in ranking:
    print(f"  {found.score:.2f}  {case.candidates[found.index].role:<12}  {found.text}")
print(f"\n{1000 * seconds / len(ranking):.0f} ms a pair")
