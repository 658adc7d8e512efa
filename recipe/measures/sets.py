"""The development sets by their names: which languages, which family."""

ORDERS = ("parent", "bm25", "ours")
MEASURES = {"ndcg": "nDCG@10", "mrr": "MRR@10"}
SINGLE = {
    "cmrc2018_dev": "zh",
    "drcd_dev": "zh",
    "jsquad_valid": "ja",
    "jaquad_dev": "ja",
    "scifact": "en",
}
# Family: the sets that it has.
MLQA_SAME, MLQA_ACROSS = "MLQA, one language", "MLQA, across languages"
TYDI, SINGLES, SCIFACT = "TyDi QA", "CMRC, DRCD, JSQuAD, JaQuAD", "SciFact"
FAMILIES = {MLQA_SAME: 7, MLQA_ACROSS: 42, TYDI: 9, SINGLES: 4, SCIFACT: 1}


def languages(name: str) -> tuple[str, str]:
    """Languages of a set's queries and passages."""
    if name in SINGLE:
        return SINGLE[name], SINGLE[name]
    family, *found = name.split("-")
    return (found[0], found[1]) if family == "mlqa" else (found[0], found[0])


def family(name: str) -> str:
    if name.startswith("mlqa"):
        return MLQA_SAME if len(set(languages(name))) == 1 else MLQA_ACROSS
    if name.startswith("tydiqa"):
        return TYDI
    return SCIFACT if name == "scifact" else SINGLES
