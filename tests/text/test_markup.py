import pytest

from jingpai.text.clean import clean

LOOKS_LIKE_MARKUP = [
    # comparisons and arithmetic
    "a < b and c > d",
    "a <b and c> d",
    "a<b>c",
    "x<y && y>z",
    "if (i<s>2) return;",
    "p<0.05 and q>0.1",
    "1 < 2 > 1, x <= y => z <- w -> v <=> u",
    # generics and includes
    "List<String>",
    "vector<int> v;",
    "std::map<a, b> m;",
    "Optional<A> find(Map<I,B> m)",
    "Map<String, List<Object>> x = new HashMap<>();",
    "Class<Button> c; Set<Label> l; Stack<Frame> f;",
    "List<Object> l = new ArrayList<Object>();",
    "Container<p> c; Vec<b>(x); f<i>(x); Ref<link> r; vec<input> v;",
    "#include <time.h>\n#include <map>",
    "template <class T> T f(T x);",
    "fn f<'a>(x: &'a str) -> Option<&'a str>",
    # things in angle brackets
    "Ann <a@b.c>, <https://example.com/a?b=1>",
    "<|endoftext|> <unk> <pad> [CLS] <T> <3 </3 <>",
    "usage: cp <source> <output>, git commit -m <title>",
    "<Mary> looked up",
    "<s> one two </s>",
    # sentences about markup
    "use the <b> tag",
    "what do <b> and </b> do?",
    "What goes between <script> and </script>?",
    "difference between <br> and <br/>?",
    "<div>和<span>有什么区别?",
    "<br>和<hr>的区别",
    "<b>和</b>的区别",
    "如何使用<br>标签",
    "怎么用<br>?",
    "<br>",
    "<br>は改行です",
    "the <p> element, the <li> element",
    # code in Markdown
    "```html\n<p class='x'>a &amp; b</p>\n```",
    "```\n<p>no end",
    "~~~\n<b>x</b>\n~~~",
    "write `<b>x</b>` or `&amp;`",
    # references that are none
    "AT&T, a&b, Q&A, R&D;",
    "?x=1&copy=2&lt=3",
    "if (a && b) return &c;",
    "p = &sum; q =&image;",
    "&nosuchthing; &; &#; &#x; &#99999999; &copyfoo;",
    # beginnings without an end
    "<",
    "<a",
    "<a href=",
    "<a href='x",
    "<!-- no end",
    "<!doctype",
    "<![CDATA",
    "a[b[i]]>c",
    "&amp",
    "</",
    "< /b>",
    "</b x='1'>",
]


@pytest.mark.parametrize("text", LOOKS_LIKE_MARKUP)
def test_text_that_only_looks_like_markup_stays(text):
    assert clean(text).text == text


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("<b>foo</b>bar", "foobar"),
        ("un<B>believ</B>able", "unbelievable"),
        ("H<sub>2</sub>O", "H2O"),
        ("<p>a</p><p>b</p>", "a\nb"),
        ("<p> a </p>\n<p> b </p>", "a\nb"),
        ("para one<p>para two<p>para three", "para one\npara two\npara three"),
        ("a<br>b", "a\nb"),
        ("a<br/>b<BR />c", "a\nb\nc"),
        ("第一行<br>第二行", "第一行\n第二行"),
        ("<ul><li>a<li>b</ul>", "a\nb"),
        ("<tr><td>a</td><td>b</td></tr>", "a b"),
        ("<th>a</th><td>b", "a b"),
        ("foo</p>\n<p>bar", "foo\nbar"),
        ("the end</div>", "the end"),
        ("<div class=\"x\" data-y='1' hidden id=z>hi", "hi"),
        ('<a href="https://e.com/?a=1&b=2" title="1 > 0">x</a>', "x"),
        ("<input disabled>x", "x"),
        ("a<img src='x'/>b", "a b"),
        ("super<wbr>cali", "supercali"),
        ("<html><body><h1>T</h1>a <br> b</body></html>", "T\na\nb"),
        ("<!DOCTYPE html><p>a", "a"),
        ("<?xml version='1.0'?><title>a</title>", "a"),
        ("a<!-- <b>c</b> -->b", "ab"),
        ("<![CDATA[<p>a</p>]]>", "a"),
        ("<script>if (a<b) f('</p>')</script>x", "x"),
        ("a<style type='text/css'>p > a {}</STYLE>b", "a\nb"),
        ("<script src='x'>a", "a"),
        ("Set<a> s; <a href='x'>link</a>", "Set<a> s; link"),
        ("`<b>a</b>` <b>b</b>", "`<b>a</b>` b"),
        ("```\n<b>a</b>\n```\n<b>b</b>", "```\n<b>a</b>\n```\nb"),
        ("say ``` and <b>b</b>", "say ``` and b"),
        ("<b>```</b>", "```"),
    ],
)
def test_tags_go_and_words_on_both_sides_of_a_block_never_merge(text, cleaned):
    assert clean(text).text == cleaned


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("a &amp; b &lt;c&gt; &quot;d&quot;", 'a & b <c> "d"'),
        ("&#39;&#x4e2d;&#X6587;&eacute;&hellip;", "'中文é…"),
        ("a&nbsp;&nbsp;b", "a b"),
        ("(&copy; 2020)", "(© 2020)"),
        ("a=&quot;b&quot;", 'a="b"'),
        ("&#0;&#xd800;", "\ufffd\ufffd"),
        ("dis&shy;count&#8203;ed", "discounted"),
        ("?a=1&amp;b=2", "?a=1&b=2"),
    ],
)
def test_character_references_are_decoded(text, cleaned):
    assert clean(text).text == cleaned


def test_references_are_decoded_once_and_what_they_spell_is_no_markup():
    assert clean("&lt;b&gt;x&lt;/b&gt;").text == "<b>x</b>"
    assert clean("&amp;lt;").text == "&lt;"
