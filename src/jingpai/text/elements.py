"""Which names are HTML's?"""

from __future__ import annotations


def _names(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


BREAKS = _names(
    """
    address article aside base blockquote body br canvas caption center col colgroup dd details
    dialog dir div dl dt fieldset figcaption figure footer form frame frameset h1 h2 h3 h4 h5 h6
    head header hgroup hr html iframe legend li link main menu meta nav noframes noscript ol
    optgroup option p pre script search section select style summary table tbody template textarea
    tfoot thead title tr ul
    """
)
"""Elements that begin a new line."""

SPACES = _names(
    """
    area audio button embed img input label map meter object output param picture progress source
    svg td th track video
    """
)
"""Elements that keep the words on both sides apart."""

_INLINE = _names(
    """
    a abbr acronym applet b basefont bdi bdo big blink cite code data datalist del dfn em font i
    ins kbd mark marquee math nobr q rp rt ruby s samp small slot span strike strong sub sup time
    tt u var wbr
    circle defs ellipse g line path polygon polyline rect symbol use
    annotation mfrac mi mn mo mrow mspace msqrt mstyle msub msup mtext semantics
    """
)

KNOWN = BREAKS | SPACES | _INLINE
"""Elements of HTML, old ones included, and the common ones of SVG and MathML."""

VOID = _names("area base basefont br col embed frame hr img input link meta param source track wbr")
"""Elements that never have a closing tag."""

STANDALONE = _names("br colgroup dd dt hr li option p tbody td tfoot th thead tr wbr")
"""Elements that need neither a closing tag nor attributes to say something."""

BOOLEAN_ATTRIBUTES = _names(
    """
    allowfullscreen async autofocus autoplay checked compact controls default defer disabled
    formnovalidate hidden inert ismap itemscope loop multiple muted nomodule noshade novalidate
    nowrap open playsinline readonly required reversed selected
    """
)
"""Attributes that have no value."""
