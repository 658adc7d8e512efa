"""The form of a written group, and what goes against it. Used by written.py."""

from collections.abc import Iterator, Mapping, Sequence

FIELDS = ("query", "lang", "kind", "domain", "style", "cluster", "answers", "wrong")
KINDS = (
    "plain",
    "entity",
    "number",
    "date_version",
    "unit",
    "negation",
    "condition_scope",
    "topic",
    "echo",
    "partial",
    "buried",
)
REASONS = (  # why a passage is wrong
    "same_topic",
    "neighbour",
    "entity",
    "number",
    "date_version",
    "unit",
    "negation",
    "condition",
    "topic",
    "echo",
    "partial",
    "boilerplate",
    "navigation",
    "other",
)
STYLES = ("question", "keywords", "colloquial", "claim")


def texts_of(group: dict) -> list[str]:
    """Its passages, the answers first."""
    return [passage["text"] for passage in (*group["answers"], *group["wrong"])]


def faults_of_group(group: dict) -> Iterator[str]:
    """What is wrong with the form of a group."""
    if missing := [field for field in FIELDS if not group.get(field)]:
        yield f"lacks {', '.join(missing)}"
        return
    for field, allowed in (("kind", KINDS), ("style", STYLES)):
        if group[field] not in allowed:
            yield f"{field} {group[field]!r} is none of {', '.join(allowed)}"
    yield from faults_of_passages(group)
    texts = [text.strip() for text in texts_of(group)]
    if not all((group["query"].strip(), *texts)):
        yield "an empty text"
    if len(set(texts)) < len(texts):
        yield "the same passage twice"


def faults_of_passages(group: dict) -> Iterator[str]:
    if not 1 <= len(group["answers"]) <= 2:
        yield f"{len(group['answers'])} answers; one or two are allowed"
    if not 3 <= len(group["wrong"]) <= 6:
        yield f"{len(group['wrong'])} wrong passages; three to six are allowed"
    for answer in group["answers"]:
        yield from faults_of_evidence(answer)
    for passage in group["wrong"]:
        if passage.get("why") not in REASONS:
            yield f"why {passage.get('why')!r} is none of {', '.join(REASONS)}"


def faults_of_evidence(answer: dict) -> Iterator[str]:
    if not answer.get("evidence"):
        yield f"an answer without evidence: {answer['text'][:50]!r}"
    for evidence in answer.get("evidence", ()):
        if evidence not in answer["text"]:
            yield f"evidence does not stand in its answer to the letter: {evidence[:50]!r}"


def faults(files: Mapping[str, Sequence[dict]]) -> Iterator[str]:
    """What is wrong with groups, by the names of their files; each with its place.

    What is held out is drawn by cluster, so none may stand in two files, and no text in two
    clusters.
    """
    file_of: dict[str, str] = {}
    cluster_of: dict[str, str] = {}
    seen = set()
    for name, groups in files.items():
        for number, group in enumerate(groups, 1):
            place = f"{name}:{number}: "
            own = list(faults_of_group(group))
            yield from (place + fault for fault in own)
            if own:
                continue
            cluster, texts = group["cluster"], texts_of(group)
            if file_of.setdefault(cluster, name) != name:
                yield f"{place}cluster {cluster} is in {file_of[cluster]} as well"
            for text in texts:
                if cluster_of.setdefault(text, cluster) != cluster:
                    yield f"{place}a text of cluster {cluster_of[text]} as well: {text[:50]!r}"
            if (group["query"], texts[0]) in seen:
                yield f"{place}the same group twice"
            seen.add((group["query"], texts[0]))
