"""Words that the texts of a benchmark are made of, as data."""

from __future__ import annotations

QUERY = "what do pandas eat"

_ENGLISH = (
    "the bear lives in bamboo forests and eats leaves all year round; a survey of mountain ranges"
    " counted more animals than before, although farming had driven many out of their valleys"
)
_CHINESE = (
    "大熊猫 生活 在 竹林 里 吃 竹叶 山区 的 调查 发现 数量 有所 增加 农业 开发 使 它们 离开 低地 是"
)
_JAPANESE = "パンダ は 竹 の 葉 を 食べます 山地 調査 では 数 が 増えて いる こと わかりました"
_RUSSIAN = (
    "панда живёт в бамбуковых лесах и ест листья круглый год учёные насчитали больше животных"
)
_ARABIC = (
    "يعيش الدب في غابات الخيزران ويأكل الأوراق طوال العام وقد أحصى العلماء عددا أكبر من الحيوانات"
)
_HINDI = "भालू बाँस के जंगलों में रहता है और साल भर पत्तियाँ खाता है वैज्ञानिकों ने पहले से अधिक जानवर गिने"
_SPANISH = (
    "el oso vive en bosques de bambú y come hojas todo el año según un estudio de las montañas"
)

# Single letters and digits fill up what longer words leave.
_FILLERS = "a y o 1 2 3 4 5 6 7 8 9 я"

WORDS: tuple[str, ...] = tuple(
    dict.fromkeys(
        " ".join(
            (_ENGLISH, _CHINESE, _JAPANESE, _RUSSIAN, _ARABIC, _HINDI, _SPANISH, _FILLERS)
        ).split()
    )
)
"""Each once. Every document draws on all languages, so that a tokenizer that lacks some of them
still tells documents apart."""
