"""Disguised text reads as what it says, in any script."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from publicsuffixlist import PSLFILE
from pyspark.sql import functions as F

from features.text import contacts, first_link, normalise, normalised, text_contacts, text_traits, traits

SAME = {
    "Latin": [
        "Free money at my profile",
        "FREE   money at my profile!!!",
        "Frее mоnеу at my profile",  # Cyrillic е, о, у
        "ＦＲＥＥ 𝓶𝓸𝓷𝓮𝔂 at my profile",
        "fr33 m0ney at my profile",
        "f\u200bree mo\u00adney at my profile",
        "Freeee moneyyyy at my 🔥🔥 profile 💰",
        "Frée mōney at my profile",
        "🅵🆁🅴🅴 ⓜⓞⓝⓔⓨ at my profile",
        "ꜰʀᴇᴇ money at my profile",
        "f r e e  m o n e y at my profile",
        "F.R.E.E, money at my profile",
    ],
    "Cyrillic": [
        "Привет, заходи в мой профиль",
        "привет заходи в мой профиль",
        "Пpивeт, зaxoди в мoй пpoфиль",  # Latin p, e, a, x, o
        "ПРИВЕТ!! заходи в мой профиль 😀",
    ],
    "Arabic": ["مرحبا زوروا حسابي", "مــرحبا زوروا حسابي", "مَرحبا زُوروا حسابي!", "مرحبا\u200f زوروا حسابي 🔥"],
    "Han": ["加微信领取免费礼物", "加微信领取免费礼物！！", "加\u200b微信领取免费礼物🎁"],
    "Hiragana": ["ガンバレ みんな", "ｶﾞﾝﾊﾞﾚ みんな"],
    "links": [
        "look at https://a.example/x?1",
        "look at http://other.example/y",
        "look at bit.ly/abc",
        "look at bit(dot)ly",
    ],
    "phones": ["call +1 (555) 123-4567", "call 0049 170 1234567", "Call: +٤٤ ٢٠٧٩ ٤٦٠٩٥٨"],
    "handles": ["follow @some.one now", "follow @another_1 now"],
}
DIFFERENT = [
    ("か", "が"),
    ("привет", "приветы"),
    ("हिन्दी", "हन्द"),
    ("nice video", "nice"),
    ("😂", "🔥"),
    ("안녕하세요", "안녕"),
]

DOMAINS = [
    "cheap views at fastviews.shop",
    "win at lucky-spin.club",
    "free coins: coins4u.site",
    "best price quickgain.top!",
    "join now megafans.online.",
    "FASTVIEWS.SHOP",
    "fаstviеws.shор",  # Cyrillic а, е, о, р
    "fastviews (dot) is",
    "hello(dot)my",
    "so good.fastviews.now",
    "fastviews.com.my is great",
    "fastviews.me.uk",
    "look...fastviews.best",
    "fastviews.io-free",
    "'fastviews.me'",
    "great.com or data.io or 163.com or t.co",
    "great.shop",
    "скидки на выгода.рф",
    "скидки на xn--80aacf4bwnk3a.xn--p1ai",
    "магазин.онлайн",
    "例え.みんな",
    "देखो दुकान.भारत",
    "fastviews.shop/",
    "выгода.рф/1",
]
SENTENCES = [
    "so good.best day ever",
    "ok.now what",
    "hello.my friend",
    "thanks.so much",
    "i know it.is great",
    "no.it was him",
    "great.life is good",
    "love it.today was fun",
    "Sooo.My god, hahaha.so funny, yesss.it works",
    "wow.so good.my god",
    "don't.my friend, you've.so many",
    "gut.so ist es",
    "bien.es verdad",
    "merci.je t'aime",
    "bom.eu amo",
    "leuk.je bent",
    "люблю.дети растут",
    "wait...what, wait..so what",
    "3.5 out of 5, v1.2.is out",
    "e.g.this one, i.e.so, u.s.is big, p.s.it was me",
    "see you at 5.am or 7.pm",
    "main.py, data.zip and node.js",
    "mail john.is@example.com or best.one@fastviews.shop",
    "@some.one, @lena.art.best",
]


@pytest.mark.parametrize("kind", SAME)
def test_texts_that_read_the_same_are_equal(kind):
    assert {text: normalise(text) for text in SAME[kind]} == dict.fromkeys(SAME[kind], normalise(SAME[kind][0]))


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_texts_that_read_differently_stay_apart(one, other):
    assert normalise(one) != normalise(other)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hello there", "helo there"),
        ("see https://bit.ly/x @user +1 (555) 123-4567", "se <link> <handle> <phone>"),
        ("Ends here. Me too", "ends here me to"),
        ("on 2026-03-01 at 12:00", "on 0 0 0 at 0 0"),
        ("telegram: easy_cash", "<handle>"),
        ("😂😂😂🔥", "😂🔥"),
        ("", ""),
        (None, ""),
    ],
)
def test_normal_form(text, expected):
    assert normalise(text) == expected


@given(st.text(max_size=60))
def test_normalising_again_splits_no_equal_texts(text):
    once = normalise(text)
    assert "\u200b" not in once
    assert once == once.strip()
    assert normalise(text.upper()) == normalise(text.upper().lower())


@pytest.mark.parametrize(
    ("text", "disguised"),
    [
        ("plain words", False),
        ("Привет", False),
        ("Привет from Berlin", False),
        ("日本語 and English", False),
        ("می\u200cخواهم", False),
        ("🧑\u200d💻 great", False),
        ("Frее", True),
        ("\u2068@lena\u2069 שלום", False),
        ("សួស្ដី\u200bបង", False),
        ("\ufeffplain words", False),
        ("ℹ️ news", False),
        ("f\u200bree", True),
        ("𝓶𝓸𝓷𝓮𝔂", True),
    ],
)
def test_disguise(text, disguised):
    assert traits(text).disguised is disguised


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("no contact here, 5 of 10", []),
        ("DM me @Lena.Art or @lena_art !", ["lenaart"]),
        ("telegram: @easy_cash", ["easycash"]),
        ("telegram = easy_cash", ["easycash"]),
        ("TELEGRAM: @e\u200basy_c4sh", ["easycash"]),
        ("https://www.bit.ly/x1 and bit[dot]ly/x1", ["bitlyxl"]),
        ("see linktr.ee/Tom, 3.5 stars/5, he/she", ["linktreetom"]),
        ("call +1 (555) 123-4567 or +1 555 1234567", ["15551234567"]),
    ],
)
def test_contacts(text, expected):
    assert [contact.name for contact in contacts(text)] == expected


def test_what_is_only_mentioned_may_be_a_friend():
    named = contacts("@lena and @tom: telegram: tom, or linktr.ee/tom")
    assert [contact.name for contact in named if contact.is_mention] == ["lena"]


@pytest.mark.parametrize("text", DOMAINS)
def test_a_domain_is_a_link_without_https_and_path(text):
    assert traits(text).has_link and contacts(text)


@pytest.mark.parametrize("text", SENTENCES)
def test_a_forgotten_space_makes_no_link(text):
    assert not traits(text).has_link
    assert all(contact.is_mention for contact in contacts(text))


def public_suffixes():
    with open(PSLFILE, encoding="utf-8") as file:
        rules = [line.strip() for line in file.read().partition("===END ICANN")[0].splitlines()]
    return [rule for rule in rules if rule[:1].isalpha()]


@given(st.sampled_from(public_suffixes()), st.booleans())
def test_what_is_no_word_is_a_domain_under_any_public_suffix(suffix, encoded):
    written = suffix.encode("idna").decode("ascii") if encoded else suffix
    assert normalise(f"see fastviews.{written} now") == "se <link> now"


@pytest.mark.parametrize("domain", ["fastviews.shop", "fastviews.com", "выгода.рф", "fastviews.now"])
@pytest.mark.parametrize("sentence", ["it is great", "join now"])
def test_a_sentence_may_follow_a_domain_without_a_space(domain, sentence):
    assert contacts(f"see {domain}.{sentence}") == contacts(domain)
    assert normalise(f"see {domain}.{sentence}") == f"se <link> {sentence}"


def test_a_name_after_that_of_an_app_is_no_domain_though_it_ends_as_one():
    assert normalise("ig: laura.fit") == "<handle>"


def test_traits():
    found = traits("Wow 🔥🔥 t.me/abc")
    assert found == ("wow <link>", True, False, False, False, 2 / 13, 13, "LATIN")


def test_columns_give_what_the_functions_give(spark):
    texts = ["Frее mоnеу", None, "", "see bit.ly/x", "Frее mоnеу", "安い😀"]
    df = spark.createDataFrame([(number, text) for number, text in enumerate(texts)], "id int, text string")
    text = F.col("text")
    rows = df.select(
        "id",
        normalised(text).alias("normal"),
        text_contacts(text).alias("contacts"),
        text_traits(text).alias("traits"),
    ).collect()
    expected = [
        (None, None, None) if text is None else (normalise(text), contacts(text), tuple(traits(text))) for text in texts
    ]
    assert [(row.normal, row.contacts, row.traits and tuple(row.traits)) for row in sorted(rows)] == expected


@pytest.mark.parametrize(
    ("bio", "link"),
    [
        ("my shop: https://www.LinkTr.ee/Tom", "linktreetom"),
        ("linktr.ee/tom and fastviews.shop", "linktreetom"),
        ("cheap views at fastviews.shop", "fastviewsshop"),
        ("скидки на выгода.рф", "bыroдapɸ"),
        ("so good.best day ever, 3.5 of 5, e.g.this one", None),
        ("mum.of two, write to tom@mail.com", None),
        ("@lena, tg: tom", None),
        ("", None),
    ],
)
def test_the_link_in_a_bio(bio, link):
    assert first_link(bio) == link
