"""A question and texts in several languages, by the ids that tests give them."""

QUESTION = "How long does cooked rice keep in the fridge?"
ANSWERS = ("rice", "米饭")
# The vectors of a first stage are drawn by the word fridge; two of these answer.
TEXTS = {
    "fridge": "How long does a fridge last? Keep the coils clean and it runs for fifteen years.",
    "rice": "Leftover rice should be refrigerated within two hours and eaten within four days.",
    "museum": "The museum is closed on Mondays and public holidays.",
    "米饭": "米饭放进冰箱冷藏,密封好可以保存三到四天。",
    "新幹線": "新幹線の指定席には電源コンセントがあります。",
    "violon": "Le violon a quatre cordes et se joue avec un archet.",
}
