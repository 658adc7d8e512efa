"""Questions with candidates that a vector search puts in the wrong order.

Written for the demo, and chosen: where the bundled model lost a first draft, or the vector search
was right about it, the candidates were rewritten. They show what reranking does; they measure
nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Role: TypeAlias = Literal["answers", "shares words", "unrelated"]
"""`shares words`: has the question's words in it, but not the answer."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A passage, and what it is to the question."""

    text: str
    role: Role


@dataclass(frozen=True, slots=True)
class DemoCase:
    """A question and the passages that a first stage might find for it."""

    title: str
    query: str
    candidates: tuple[Candidate, ...]

    @property
    def documents(self) -> list[str]:
        """The texts of the candidates."""
        return [candidate.text for candidate in self.candidates]


CASES: tuple[DemoCase, ...] = (
    DemoCase(
        title="Chinese",
        query="华为Mate60 Pro的卫星通话功能需要开通专属套餐吗?",
        candidates=(
            Candidate(
                "华为Mate60 Pro的影像功能全面升级，拍摄专属人像需要开启大光圈模式，"
                "以旧换新还送配件套餐。",
                "shares words",
            ),
            Candidate(
                "华为Mate60 Pro的卫星通话功能需要开通专属套餐吗?这是很多用户关心的问题，"
                "欢迎在评论区留言讨论。",
                "shares words",
            ),
            Candidate(
                "要用Mate60 Pro拨打卫星电话，须先向中国电信申请手机直连卫星业务，"
                "按月订购功能包或按次计费。",
                "answers",
            ),
            Candidate(
                "用户在中国电信订购天通卫星业务之后，才能用Mate60 Pro打卫星电话；月费十元起，"
                "普通话费套餐里并不包含。",
                "answers",
            ),
            Candidate(
                "清蒸鲈鱼要选一斤左右的活鱼，水开后大火蒸八分钟，出锅再淋上蒸鱼豉油和热油。",
                "unrelated",
            ),
        ),
    ),
    DemoCase(
        title="English",
        query="How long does cooked rice keep in the fridge?",
        candidates=(
            Candidate(
                "How long does a fridge last? Keep the coils clean and it runs for ten to"
                " fifteen years.",
                "shares words",
            ),
            Candidate(
                "How long the fridge runs depends on the kitchen: keep the door closed and it"
                " rests for half of the time.",
                "shares words",
            ),
            Candidate(
                "Leftover rice should be refrigerated within two hours and eaten within four days.",
                "answers",
            ),
            Candidate(
                "Chilled in a sealed box, boiled rice stays safe to eat for three to four days;"
                " after that, throw it away.",
                "answers",
            ),
            Candidate(
                "The museum is closed on Mondays and public holidays; last admission is at half"
                " past four.",
                "unrelated",
            ),
        ),
    ),
    DemoCase(
        title="Japanese",
        query="新幹線の指定席は発車後に払い戻しできますか?",
        candidates=(
            Candidate(
                "新幹線の指定席には電源コンセントがあり、発車後に車内販売で飲み物を注文できます。",
                "shares words",
            ),
            Candidate(
                "新幹線の指定席は発車後に払い戻しできますか?この質問は何度も寄せられています。",
                "shares words",
            ),
            Candidate(
                "列車が出てしまうと、特急券の払い戻しはできません。"
                "ただし当日の後続列車の自由席に乗ることができます。",
                "answers",
            ),
            Candidate(
                "乗り遅れた列車の特急料金は返金されません。"
                "乗車券だけは、手数料を差し引いて払い戻しを受けられます。",
                "answers",
            ),
            Candidate(
                "味噌汁は沸騰させると香りが飛ぶので、味噌を溶いたら火を弱めます。",
                "unrelated",
            ),
        ),
    ),
    DemoCase(
        title="A Chinese question, English passages",
        query="Python怎么去掉列表里的重复元素，同时保持原来的顺序?",
        candidates=(
            Candidate(
                "How can I remove repeated elements from a list in Python and keep the original"
                " order? Please log in to see the replies.",
                "shares words",
            ),
            Candidate(
                "Removing repeated elements from a Python list while keeping the order: chapter 4,"
                " page 87.",
                "shares words",
            ),
            Candidate(
                "dict.fromkeys(items) keeps the first occurrence of every item and remembers"
                " insertion order, so list(dict.fromkeys(items)) is free of duplicates.",
                "answers",
            ),
            Candidate(
                "To drop repeated values without shuffling the rest, loop over the list and"
                " append a value to a new one only if a set of seen values does not hold it yet.",
                "answers",
            ),
            Candidate(
                "Rinse red lentils until the water runs clear, then simmer them for fifteen"
                " minutes with cumin and a bay leaf.",
                "unrelated",
            ),
        ),
    ),
)
