"""Disguised text reads as what it says, in any script."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyspark.sql import functions as F

from features.text import contacts, normalise, normalised, text_contacts, text_traits, traits

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
