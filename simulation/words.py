"""What is written: comments, captions, hashtags, handles and bios, in the languages of the made-up countries."""

import zlib
from collections.abc import Sequence

import numpy as np

from simulation.acts import ENTRANT, FAN, FRIEND, SPAM

Rng = np.random.Generator

OPENINGS = {
    "en": ["", "", "omg", "lol", "wait", "ok but", "honestly", "bro", "no way", "guys", "not gonna lie", "haha", "wow"],
    "es": ["", "", "jajaja", "wow", "o sea", "la verdad", "bro", "ay", "amiga", "en serio", "no puede ser"],
    "pt": ["", "", "kkkk", "mano", "nossa", "gente", "cara", "sério", "ai", "pior que"],
    "de": ["", "", "haha", "krass", "ehrlich", "digga", "boah", "also", "naja", "leute"],
    "fr": ["", "", "mdr", "franchement", "frère", "wow", "attends", "sérieux", "les gars", "ptdr"],
    "pl": ["", "", "haha", "serio", "kurczę", "ludzie", "no nie", "wow", "ej"],
    "ru": ["", "", "ахах", "капец", "ого", "блин", "ребята", "честно", "ну"],
    "tr": ["", "", "yaa", "abi", "valla", "gerçekten", "of", "haha", "kanka"],
    "ar": ["", "", "ههههه", "والله", "يا", "بصراحة", "ما شاء الله", "واو"],
    "hi": ["", "", "भाई", "वाह", "अरे", "सच में", "haha", "यार"],
    "id": ["", "", "wkwk", "anjir", "gila", "kak", "jujur", "wow", "asli"],
    "vi": ["", "", "haha", "trời ơi", "ủa", "thật sự", "mọi người", "ê"],
    "ja": ["", "", "え", "まって", "すごい", "わかる", "草", "やば"],
    "ko": ["", "", "ㅋㅋㅋ", "와", "진짜", "아니", "대박", "헐"],
}
MIDDLES = {
    "en": [
        "this is so {adj}",
        "i love this {thing}",
        "the {thing} at the end",
        "who else came for the {thing}",
        "{thing} goes hard",
        "where did you get that {thing}",
        "need a part two of the {thing}",
        "my {thing} could never",
        "that {thing} is {adj}",
        "how is the {thing} so {adj}",
        "i tried this and it was {adj}",
        "same {thing} here",
        "what song is this",
        "first",
        "teach me that {thing} please",
        "the {thing} got me",
        "can we talk about the {thing}",
        "been waiting for this {thing}",
    ],
    "es": [
        "qué {adj} está esto",
        "me encanta el {thing}",
        "dónde compraste el {thing}",
        "necesito otra parte",
        "ese {thing} es {adj}",
        "alguien sabe la canción",
        "yo haciendo el {thing}",
        "el {thing} del final",
        "lo intenté y quedó {adj}",
        "primera",
    ],
    "pt": [
        "que {adj} isso",
        "amei o {thing}",
        "onde comprou esse {thing}",
        "quero parte dois",
        "esse {thing} é {adj}",
        "qual a música",
        "eu tentando o {thing}",
        "o {thing} no final",
        "fiz e ficou {adj}",
        "cheguei cedo",
    ],
    "de": [
        "das ist so {adj}",
        "ich liebe das {thing}",
        "woher ist das {thing}",
        "brauche teil zwei",
        "das {thing} ist {adj}",
        "wie heißt das lied",
        "ich beim {thing}",
        "das {thing} am ende",
        "hab es probiert, war {adj}",
        "erster",
    ],
    "fr": [
        "c'est trop {adj}",
        "j'adore le {thing}",
        "où tu as trouvé le {thing}",
        "il faut une partie deux",
        "ce {thing} est {adj}",
        "c'est quoi le son",
        "moi avec le {thing}",
        "le {thing} à la fin",
        "j'ai essayé c'était {adj}",
        "premier",
    ],
    "pl": [
        "to jest takie {adj}",
        "uwielbiam ten {thing}",
        "skąd masz {thing}",
        "chcę część drugą",
        "ten {thing} jest {adj}",
        "co to za piosenka",
        "pierwszy",
    ],
    "ru": [
        "это так {adj}",
        "обожаю {thing}",
        "где взяла {thing}",
        "нужна вторая часть",
        "этот {thing} {adj}",
        "что за песня",
        "первый",
        "попробовал, вышло {adj}",
    ],
    "tr": [
        "bu çok {adj}",
        "{thing} harika",
        "{thing} nereden aldın",
        "ikinci bölüm lazım",
        "bu {thing} {adj}",
        "şarkının adı ne",
        "ilk yorum",
    ],
    "ar": [
        "هذا {adj} جدا",
        "احب {thing}",
        "من وين {thing}",
        "نبي جزء ثاني",
        "{thing} {adj}",
        "وش اسم الاغنية",
        "اول تعليق",
    ],
    "hi": [
        "यह बहुत {adj} है",
        "मुझे {thing} पसंद है",
        "{thing} कहाँ से लिया",
        "पार्ट टू चाहिए",
        "{thing} {adj} है",
        "गाना कौन सा है",
        "first",
    ],
    "id": [
        "ini {adj} banget",
        "suka sama {thing} nya",
        "beli {thing} di mana",
        "butuh part dua",
        "{thing} nya {adj}",
        "lagunya apa ya",
        "pertama",
    ],
    "vi": [
        "cái này {adj} quá",
        "thích {thing} ghê",
        "mua {thing} ở đâu vậy",
        "cần phần hai",
        "{thing} {adj} thật",
        "bài hát tên gì",
        "đầu tiên",
    ],
    "ja": [
        "これ{adj}",
        "この{thing}好き",
        "{thing}どこで買ったの",
        "続き待ってる",
        "{thing}が{adj}",
        "曲名教えて",
        "一コメ",
    ],
    "ko": [
        "이거 {adj}",
        "{thing} 너무 좋아",
        "{thing} 어디서 샀어요",
        "2탄 주세요",
        "{thing} {adj}",
        "노래 제목 뭐예요",
        "첫 댓글",
    ],
}
THINGS = {
    "en": [
        "hair",
        "cat",
        "dance",
        "recipe",
        "fit",
        "edit",
        "dog",
        "goal",
        "lighting",
        "transition",
        "laugh",
        "outfit",
        "kitchen",
        "beat",
        "car",
        "sauce",
        "room",
        "voice",
    ],
    "es": ["pelo", "gato", "baile", "receta", "look", "edit", "perro", "gol", "final", "risa", "coche"],
    "pt": ["cabelo", "gato", "passinho", "bolo", "look", "edit", "cachorro", "gol", "final", "riso", "carro"],
    "de": ["haar", "video", "rezept", "outfit", "auto", "tor", "licht", "zimmer", "lachen", "kleid"],
    "fr": ["chat", "son", "gâteau", "look", "montage", "chien", "but", "rire", "décor", "maquillage"],
    "pl": ["kot", "taniec", "przepis", "styl", "montaż", "pies", "gol", "śmiech"],
    "ru": ["кот", "танец", "рецепт", "образ", "монтаж", "пёс", "гол", "смех", "голос"],
    "tr": ["kedi", "dans", "tarif", "kombin", "edit", "köpek", "gol", "gülüş"],
    "ar": ["القطة", "الرقصة", "الوصفة", "اللوك", "المونتاج", "الصوت", "الهدف"],
    "hi": ["डांस", "रेसिपी", "लुक", "एडिट", "कुत्ता", "आवाज़", "गोल"],
    "id": ["kucing", "joget", "resep", "baju", "editan", "suara", "gol", "rambut"],
    "vi": ["mèo", "điệu nhảy", "công thức", "áo", "giọng", "tóc", "xe"],
    "ja": ["猫", "ダンス", "レシピ", "服", "編集", "声", "髪", "部屋"],
    "ko": ["고양이", "춤", "레시피", "옷", "편집", "목소리", "머리"],
}
ADJECTIVES = {
    "en": ["good", "funny", "pretty", "wild", "real", "underrated", "satisfying", "cute", "unfair", "smooth", "insane"],
    "es": ["lindo", "bueno", "gracioso", "fuerte", "real", "genial", "loco"],
    "pt": ["lindo", "bom", "engraçado", "forte", "real", "demais", "doido"],
    "de": ["gut", "lustig", "schön", "krank", "süß", "wahr", "stark"],
    "fr": ["beau", "drôle", "bon", "fort", "vrai", "mignon", "fou"],
    "pl": ["dobre", "śmieszne", "ładne", "mocne", "prawdziwe"],
    "ru": ["круто", "смешно", "красиво", "мило", "мощно"],
    "tr": ["güzel", "komik", "tatlı", "gerçek", "efsane"],
    "ar": ["جميل", "مضحك", "رائع", "حلو", "صعب"],
    "hi": ["अच्छा", "मज़ेदार", "सुंदर", "शानदार", "प्यारा"],
    "id": ["bagus", "lucu", "keren", "gemes", "nyata"],
    "vi": ["đẹp", "vui", "hay", "dễ thương", "đỉnh"],
    "ja": ["かわいい", "面白い", "最高", "きれい", "すごい"],
    "ko": ["예쁘다", "웃기다", "최고", "귀엽다", "대박"],
}
EMOJI = [
    "😂",
    "🔥",
    "❤️",
    "😍",
    "😭",
    "💀",
    "👏",
    "🥹",
    "✨",
    "🙏",
    "😮",
    "💯",
    "🫶",
    "👀",
    "🤣",
    "🥰",
    "👨‍👩‍👧",
    "🎉",
    "😅",
    "⚽",
]
FANS = {
    "en": [
        "queen",
        "early squad",
        "never misses",
        "we love you",
        "notifications on",
        "proud of you",
        "best one yet",
        "come to my city",
    ],
    "es": ["reina", "te amamos", "como siempre la mejor", "ven a mi ciudad", "primeros"],
    "pt": ["rainha", "te amo", "sempre perfeita", "vem pra minha cidade", "cheguei"],
    "ja": ["大好き", "いつも応援してる", "最高です"],
    "ko": ["사랑해요", "항상 응원해요", "역시 최고"],
    "ar": ["نحبك", "دائما مبدعة", "الافضل"],
    "ru": ["любим тебя", "как всегда лучшая", "ура новое видео"],
}
ENTRIES = {
    "en": [
        "done",
        "done ✅",
        "i'm in",
        "done and shared",
        "followed and liked ✅",
        "in! good luck everyone",
        "pick me 🙏",
    ],
    "es": ["listo", "listo ✅", "participo", "hecho y compartido", "suerte a todos 🍀"],
    "pt": ["feito", "feito ✅", "participando", "boa sorte 🍀", "eu quero"],
    "de": ["dabei", "erledigt ✅", "bin dabei", "viel glück"],
    "fr": ["fait", "fait ✅", "je participe", "bonne chance"],
    "id": ["done", "udah ✅", "ikutan kak", "semoga menang"],
    "tr": ["yaptım", "katıldım ✅", "inşallah"],
    "ar": ["تم", "تم ✅", "مشارك"],
    "ja": ["参加します", "フォローしました", "当たりますように"],
}
SPAM_PARTS = {
    "en": (
        [
            "make {money} from {home}",
            "{earn} {sum} a {week} with your phone",
            "i {earn} {sum} thanks to this {mentor}",
            "free {coins} for every follower",
            "lost your ex? this {mentor} helped me",
            "{cheap} followers and likes",
        ],
        ["{ask} {at}", "{ask} on {tele} {at}", "link in {bio} {link}", "see {link}", "text {phone}"],
    ),
    "es": (
        [
            "gana {money} desde {home}",
            "{earn} {sum} por {week} con tu celular",
            "gracias a este {mentor} {earn} {sum}",
            "{coins} gratis hoy",
        ],
        ["{ask} {at}", "{ask} por {tele} {at}", "mira {link}", "escribe al {phone}"],
    ),
    "pt": (
        [
            "ganhe {money} de {home}",
            "{earn} {sum} por {week} no celular",
            "esse {mentor} me ajudou a {earn} {sum}",
            "{coins} de graça",
        ],
        ["{ask} {at}", "{ask} no {tele} {at}", "veja {link}", "manda pro {phone}"],
    ),
    "ru": (
        ["{earn} {sum} в {week} с телефона", "{money} не выходя из {home}", "этот {mentor} помог мне"],
        ["{ask} {at}", "{tele} {at}", "смотри {link}"],
    ),
    "id": (
        ["{money} dari {home}", "{earn} {sum} per {week} dari hp", "berkat {mentor} ini aku {earn} {sum}"],
        ["{ask} {at}", "{tele} {at}", "cek {link}"],
    ),
}
SYNONYMS = {
    "en": {
        "money": ["money", "cash", "extra income", "a side income", "real cash"],
        "home": ["home", "your couch", "your phone", "anywhere"],
        "earn": ["earn", "make", "get", "pull in"],
        "sum": ["$500", "$900", "500 dollars", "hundreds", "2k"],
        "week": ["week", "day", "weekend"],
        "mentor": ["mentor", "coach", "lady", "expert", "trader"],
        "coins": ["coins", "gift cards", "diamonds", "gems"],
        "cheap": ["cheap", "real", "instant", "fast"],
        "ask": ["dm", "message", "write to", "ask", "hit up"],
        "bio": ["bio", "my profile", "profile"],
    },
    "es": {
        "money": ["dinero", "plata", "ingresos extra", "efectivo"],
        "home": ["casa", "tu celular", "tu sofá"],
        "earn": ["gana", "saca", "haz"],
        "sum": ["$500", "500 dólares", "cientos"],
        "week": ["semana", "día"],
        "mentor": ["mentor", "experto", "señor"],
        "coins": ["monedas", "diamantes"],
        "ask": ["escribe a", "manda mensaje a", "pregunta a"],
    },
    "pt": {
        "money": ["dinheiro", "grana", "renda extra"],
        "home": ["casa", "seu celular"],
        "earn": ["ganhar", "faturar", "tirar"],
        "sum": ["R$500", "500 reais", "muito"],
        "week": ["semana", "dia"],
        "mentor": ["mentor", "especialista", "moço"],
        "coins": ["moedas", "diamantes"],
        "ask": ["chama", "manda msg pra", "fala com"],
    },
    "ru": {
        "money": ["деньги", "доход", "заработок"],
        "home": ["дома", "квартиры"],
        "earn": ["зарабатываю", "получаю", "делаю"],
        "sum": ["50к", "500$", "много"],
        "week": ["неделю", "день"],
        "mentor": ["наставник", "эксперт", "трейдер"],
        "ask": ["пиши", "пишите", "спроси"],
    },
    "id": {
        "money": ["cuan", "uang", "penghasilan"],
        "home": ["rumah", "hp"],
        "earn": ["dapat", "hasilkan"],
        "sum": ["500rb", "jutaan", "5 juta"],
        "week": ["minggu", "hari"],
        "mentor": ["mentor", "coach", "kakak"],
        "ask": ["dm", "chat", "tanya"],
    },
}
COMMON_SYNONYMS = {"tele": ["telegram", "tele", "wa", "whatsapp", "insta"]}
CONFUSABLE = str.maketrans({"a": "а", "e": "е", "o": "о", "p": "р", "c": "с", "x": "х", "i": "і", "y": "у"})
LEET = str.maketrans({"a": "4", "e": "3", "o": "0", "i": "1", "s": "5"})
ZERO_WIDTH = ["\u200b", "\u200c", "\u2060", "\ufeff"]

FIRST_NAMES = [
    "lena",
    "marco",
    "yuki",
    "fatima",
    "joao",
    "mia",
    "noah",
    "aisha",
    "ivan",
    "sofia",
    "kevin",
    "emre",
    "priya",
    "dewi",
    "minh",
    "anna",
    "luca",
    "omar",
    "chloe",
    "diego",
    "hana",
    "jin",
    "zoe",
    "tom",
    "ola",
    "petra",
    "sam",
    "nina",
    "ravi",
    "ana",
    "max",
    "eva",
]
NICKS = [
    "art",
    "cooks",
    "fit",
    "vlogs",
    "x",
    "official",
    "daily",
    "music",
    "lifts",
    "makes",
    "plays",
    "draws",
    "travels",
    "edits",
    "fc",
    "sky",
    "moon",
    "cat",
]
BIO_PARTS = [
    "she/her",
    "he/him",
    "20",
    "17",
    "love {nick}",
    "📍 {city}",
    "just here for fun",
    "{nick} & {nick}",
    "business: mail me",
    "🎧",
    "dm for collabs",
    "new here",
    "mum of two",
    "student",
    "ig: {name}",
    "no hate",
    "one day at a time",
    "🇧🇷",
    "✨ {nick} ✨",
    "part time {nick}",
    "link below",
]
CITIES = [
    "berlin",
    "são paulo",
    "lagos",
    "jakarta",
    "tokyo",
    "madrid",
    "istanbul",
    "cairo",
    "manila",
    "paris",
    "london",
    "austin",
    "mumbai",
    "seoul",
]
TAG_WORDS = [
    "fyp",
    "foryou",
    "viral",
    "dance",
    "cooking",
    "cat",
    "football",
    "makeup",
    "gym",
    "travel",
    "anime",
    "school",
    "comedy",
    "diy",
    "fashion",
    "asmr",
    "books",
    "cars",
    "gaming",
    "music",
    "art",
    "family",
    "science",
    "news",
    "skincare",
    "pets",
    "couple",
    "prank",
]


def pick(rng: Rng, choices: Sequence[str]) -> str:
    return choices[int(rng.integers(len(choices)))]


def everyday(rng: Rng, language: str) -> str:
    """A comment of honest life: emoji alone, a remark or some, now and then a mention or an advertisement."""
    kind = rng.random()
    if kind < 0.22:
        return pick(rng, EMOJI) * int(rng.integers(1, 6))
    if kind < 0.28:
        return "@" + handle(rng, -1, 0) + " " + pick(rng, EMOJI)
    if kind < 0.295:
        return (
            pick(
                rng,
                [
                    "follow me back",
                    "check my page",
                    "new video on my profile",
                    "my shop is in the bio",
                    "sub to my channel",
                ],
            )
            + " "
            + pick(rng, EMOJI)
        )
    text = f"{pick(rng, OPENINGS[language])} {remark(rng, language)}".strip()
    if rng.random() < 0.3:
        more = 1 if rng.random() < 0.7 else int(rng.integers(2, 6))
        text += "".join(pick(rng, [". ", " ", ", ", "\n"]) + remark(rng, language) for _ in range(more))
    if rng.random() < 0.12:
        text = text.upper()
    if rng.random() < 0.12:
        text += text[-1] * int(rng.integers(2, 6))
    if rng.random() < 0.35:
        text += " " + pick(rng, EMOJI) * int(rng.integers(1, 4))
    return text + pick(rng, ["", "", "", "!", "!!", "...", "?"])


def remark(rng: Rng, language: str) -> str:
    text = pick(rng, MIDDLES[language])
    return text.replace("{thing}", pick(rng, THINGS[language])).replace("{adj}", pick(rng, ADJECTIVES[language]))


def fan(rng: Rng, language: str) -> str:
    if rng.random() < 0.3:
        return everyday(rng, language)
    return (
        pick(rng, FANS.get(language, FANS["en"]))
        + pick(rng, ["", "!", " ", "!!"])
        + pick(rng, EMOJI) * int(rng.integers(0, 4))
    )


def entrant(rng: Rng, language: str) -> str:
    text = pick(rng, ENTRIES.get(language, ENTRIES["en"]))
    if rng.random() < 0.35:
        text += " @" + handle(rng, -1, 0)
    return text


def friend(rng: Rng, language: str) -> str:
    return "@" + handle(rng, -1, 0) if rng.random() < 0.4 else everyday(rng, language)


class SpamBook:
    """The templates of one ring: a few pitches, its contact, and how it disguises them."""

    def __init__(self, seed: int, ring: int, language: str, evading: bool) -> None:
        self.language = language if language in SPAM_PARTS else "en"
        rng = np.random.default_rng([seed, zlib.crc32(b"spam book"), ring])
        self.at = "@" + handle(rng, -1, 0)
        self.link = pick(rng, ["bit.ly/", "t.me/", "linktr.ee/", "wa.me/"]) + f"{int(rng.integers(16**6)):06x}"
        self.phone = f"+{int(rng.integers(1, 99))} {int(rng.integers(100, 999))} {int(rng.integers(10**6, 10**7))}"
        pitches, contacts = SPAM_PARTS[self.language]
        count = int(rng.integers(2, 5))
        self.pitches = [pick(rng, pitches) for _ in range(count)]
        self.contacts = [pick(rng, contacts) for _ in range(2)]
        self.spin = 1.0 if evading or rng.random() < 0.5 else 0.15
        self.disguises = [
            name
            for name in ("confusable", "zero_width", "emoji", "leet", "spaced", "case")
            if rng.random() < (0.5 if evading else 0.25)
        ]
        self.fixed = {slot: pick(rng, words) for slot, words in self.synonyms.items()}
        self.open_contact = 0.55 if evading else 0.95

    @property
    def synonyms(self) -> dict[str, list[str]]:
        return {**SYNONYMS[self.language], **COMMON_SYNONYMS}

    def __call__(self, rng: Rng) -> str:
        text = pick(rng, self.pitches)
        if rng.random() < self.open_contact:
            text += pick(rng, [" ", ", ", " - ", " 👉 "]) + pick(rng, self.contacts)
        for slot, words in self.synonyms.items():
            if "{" + slot + "}" in text:
                text = text.replace(
                    "{" + slot + "}", pick(rng, words) if rng.random() < self.spin else self.fixed[slot]
                )
        text = text.replace("{at}", self.at).replace("{link}", self.link).replace("{phone}", self.phone)
        if self.disguises and rng.random() < 0.75:
            text = disguised(rng, text, pick(rng, self.disguises))
        return text


def disguised(rng: Rng, text: str, how: str) -> str:
    """The text as a filter would not know it again, and a person would."""
    if how == "confusable":
        return "".join(letter.translate(CONFUSABLE) if rng.random() < 0.4 else letter for letter in text)
    if how == "zero_width":
        return "".join(letter + (pick(rng, ZERO_WIDTH) if rng.random() < 0.12 else "") for letter in text)
    if how == "emoji":
        return " ".join(word + (" " + pick(rng, EMOJI) if rng.random() < 0.3 else "") for word in text.split(" "))
    if how == "leet":
        return "".join(letter.translate(LEET) if rng.random() < 0.4 else letter for letter in text)
    if how == "spaced":
        words = text.split(" ")
        where = int(rng.integers(len(words)))
        words[where] = " ".join(words[where])
        return " ".join(words)
    return "".join(letter.upper() if rng.random() < 0.4 else letter for letter in text)


def comment(rng: Rng, kind: int, language: str, book: SpamBook | None) -> str:
    if kind == SPAM and book is not None:
        return book(rng)
    return {FAN: fan, ENTRANT: entrant, FRIEND: friend}.get(kind, everyday)(rng, language)


def handle(rng: Rng, stem: int, seed: int) -> str:
    """A name as shown on the profile; accounts of a ring with a stem share it, with other digits after it."""
    if stem >= 0:
        own = np.random.default_rng([seed, zlib.crc32(b"stem"), stem])
        base = pick(own, FIRST_NAMES) + pick(own, ["_", "", "."]) + pick(own, NICKS)
        return base + str(int(rng.integers(10, 10_000)))
    kind = rng.random()
    name = pick(rng, FIRST_NAMES)
    if kind < 0.3:
        return name + pick(rng, ["", "_", "."]) + str(int(rng.integers(1, 9999)))
    if kind < 0.6:
        return name + pick(rng, ["_", ".", ""]) + pick(rng, NICKS)
    if kind < 0.7:
        return "user" + str(int(rng.integers(10**6, 10**10)))
    return pick(rng, ["", "its", "the", "_"]) + name + pick(rng, NICKS) + pick(rng, ["", "", "07", "_", "x", "99"])


def bio(rng: Rng, link: str | None) -> str:
    """The line under the name: every third has none."""
    if link is not None:
        return pick(rng, ["", "👇 ", "my link: ", "💰 "]) + link
    if rng.random() < 0.36:
        return ""
    parts = [pick(rng, BIO_PARTS) for _ in range(int(rng.integers(1, 4)))]
    text = pick(rng, [" ", " | ", "\n", " • "]).join(parts)
    text = (
        text.replace("{nick}", pick(rng, NICKS))
        .replace("{city}", pick(rng, CITIES))
        .replace("{name}", pick(rng, FIRST_NAMES))
    )
    return text + (f" linktr.ee/{pick(rng, FIRST_NAMES)}{int(rng.integers(1, 999))}" if rng.random() < 0.06 else "")


def caption(rng: Rng, language: str, topic: int) -> tuple[str, list[str]]:
    """The text beside a video and its hashtags."""
    tags = []
    if rng.random() < 0.8:
        tags = [TAG_WORDS[(topic + 3) % len(TAG_WORDS)]] + [
            pick(rng, TAG_WORDS) for _ in range(int(rng.integers(0, 4)))
        ]
        tags = list(dict.fromkeys(tags))
    text = "" if rng.random() < 0.15 else everyday(rng, language)
    return " ".join([text, *("#" + tag for tag in tags)]).strip(), tags
