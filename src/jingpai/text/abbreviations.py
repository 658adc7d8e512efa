"""Which words are written with a full stop that ends no sentence?"""

from __future__ import annotations


def _words(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


# As they are spelled: "Art." is a German paragraph, "art." the end of an English sentence.
ABBREVIATIONS = (
    # English
    _words("""
    Mr Mrs Ms Dr Prof Rev Hon Gov Sen Rep Gen Col Capt Lt Sgt Maj Adm Cmdr Pres St Mt Ft Jr Sr vs
    etc cf approx dept Dept est No Nos Vol vol pp Fig Figs fig figs Eq Eqs Sec Ch ed eds Ed Eds al
    Inc Ltd Co Corp Bros Ave Blvd Rd Jan Feb Apr Aug Sep Sept Oct Nov Dec
    """)
    # German
    | _words("""
    Hr Fr Nr nr Abs Art Str Tel tel vgl Vgl bzw ca evtl ggf inkl zzgl Mio Mrd Dipl Ing usw sog Kap
    Bd Aufl Hrsg gest geb Jh
    """)
    # French, Spanish, Italian, Portuguese
    | _words("""
    MM Mme Mmes Mlle Mgr env av apr chap éd Sra Srta Dra Ud Uds núm pág págs aprox Av Avda sig Sig
    dott Dott ing pag Exmo Exma
    """)
    # Russian, Polish, Turkish, Vietnamese, Indonesian, Dutch
    | _words("""
    ул просп пер им см стр рис табл гл тыс млн млрд руб проф акад напр др пр np ul prof Doç TP ThS
    TS PGS GS Jl Bpk dhr mevr bijv
    """)
)
