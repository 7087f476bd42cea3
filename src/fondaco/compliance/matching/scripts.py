"""Words of other scripts in Latin letters, and letters that are drawn like others.

Greek and Cyrillic go letter by letter. Hangul is written as the lists write it (McCune-Reischauer as Pyongyang prints it: Pak, Ri, Choe),
one word a syllable. Han is read in pinyin, the family name first, with the words that companies are made of translated. Arabic and
Hebrew leave out vowels, so they stay as they are here, in one spelling; `words` compares them by what their letters may stand for.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from anyascii import anyascii

# Letters that are drawn alike, the part of Unicode TR39 that keyboards reach. Capitals first: К, Н, В, Т, М are alike as capitals alone.
_CYRILLIC_ALIKE = "АВЕКМНОРСТУХІЈЅԌԚԜаеорсухіјѕԁԛԝһӏ"
_CYRILLIC_LATIN = "ABEKMHOPCTYXIJSGQWaeopcyxijsdqwhl"
_GREEK_ALIKE = "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧοινυκρχα"
_GREEK_LATIN = "ABEZHIKMNOPTYXoivukpxa"
_TO_LATIN = str.maketrans(_CYRILLIC_ALIKE + _GREEK_ALIKE, _CYRILLIC_LATIN + _GREEK_LATIN)
_TO_CYRILLIC = str.maketrans("ABEKMHOPCTYXIJSaeopcyxijs", "АВЕКМНОРСТУХІЈЅаеорсухіјѕ")
_ALIKE = frozenset(_CYRILLIC_ALIKE + _GREEK_ALIKE)
_LATIN = re.compile(r"[A-Za-z\u00c0-\u024f]")
_CYRILLIC = re.compile(r"[\u0400-\u052f]")
_GREEK = re.compile(r"[\u0370-\u03ff\u1f00-\u1fff]")
_GREEK_OR_CYRILLIC = re.compile(r"[\u0370-\u052f\u1f00-\u1fff]")
_ARABIC = re.compile(r"[\u0600-\u06ff\u0750-\u077f]")
_HEBREW = re.compile(r"[\u0590-\u05ff]")
_HANGUL = re.compile(r"[\uac00-\ud7a3]")
# Brahmic and kindred scripts, up to Tibetan and Burmese, and Khmer.
_MARKED = re.compile(r"[\u0900-\u109f\u1780-\u17ff]")
_MARKS = re.compile(r"['`\"^~]")
_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]+")

_GREEK_CLUSTERS = (
    ("ου", "u"), ("μπ", "b"), ("ντ", "nt"), ("γκ", "g"), ("γγ", "ng"), ("τζ", "tz"), ("ευ", "ev"), ("αυ", "av"), ("ει", "i"), ("οι", "i"),
    ("αι", "e"), ("χ", "ch"), ("η", "i"), ("υ", "y"),
)  # fmt: skip
_ARABIC_FOLD = str.maketrans("أإآٱىیېێئؤكڪکگةھہەۀیپچژڤ", "اااايييييوككككهههههيبجزف", "ءـ")
_ARABIC_BEHIND = re.compile(r"(?<=\w)\s+(الله)\b|(?<=\w)\s*ال(د[يیى]ن)\b")
_HEBREW_FOLD = str.maketrans("ךםןףץ", "כמנפצ", "׳״'")

_ARABIC_PARTICLES = {
    "بن": "bin", "ابن": "bin", "بنت": "bint", "ابو": "abu", "ابي": "abu", "ال": "al", "شيخ": "sheikh", "الشيخ": "sheikh", "حاج": "haji", "الحاج": "haji",
    "عبد": "abd", "شركه": "company", "الشركه": "company", "بنك": "bank", "مصرف": "bank", "مجموعه": "group", "للتجاره": "trading", "التجاره": "trading",
    "العامه": "general", "الدوليه": "international", "محدوده": "limited", "المحدوده": "limited", "موسسه": "foundation", "جمعيه": "association",
    "حركه": "movement", "جيش": "army", "الاسلاميه": "islamic", "الاسلامي": "islamic", "الدوله": "state", "العراق": "iraq", "الشام": "levant", "ليبيا": "libya",
    "سوريا": "syria", "وزاره": "ministry",
}  # fmt: skip

# Initial, medial and final letters of a syllable, as Pyongyang writes them.
_HANGUL_FIRST = "k kk n t tt r m p pp s ss  j jj ch k t p h".split(" ")
_HANGUL_ASPIRATED = {15: "kh", 16: "th", 17: "ph"}
_HANGUL_VOWEL = "a ae ya yae o e yo ye o wa wae oe yo u wo we wi yu u ui i".split()
_HANGUL_LAST = (
    "|k|k|ks|n|nj|n|t|l|k|m|l|l|l|p|l|m|p|p|t|t|ng|t|t|k|t|p|t".split("|")
)  # fmt: skip
_HANGUL_FAMILY = {"이": "ri", "리": "ri", "임": "rim", "림": "rim", "유": "ryu", "류": "ryu", "양": "ryang", "량": "ryang", "노": "ro", "로": "ro",
                  "최": "choe", "박": "pak", "조": "jo", "정": "jong", "장": "jang", "강": "kang", "김": "kim", "백": "paek"}  # fmt: skip
# What North Korean names begin their second syllable with is voiced in speech, never in writing: no rule is needed.

_HAN_WORDS = {
    "有限公司": "co ltd", "有限责任公司": "co ltd", "有限責任公司": "co ltd", "股份": "joint stock", "公司": "company", "集团": "group", "集團": "group",
    "国际": "international", "國際": "international", "贸易": "trading", "貿易": "trading", "进出口": "import export", "進出口": "import export",
    "科技": "technology", "技术": "technology", "技術": "technology", "船务": "shipping", "船務": "shipping", "海运": "shipping", "海運": "shipping",
    "航运": "shipping", "航運": "shipping", "银行": "bank", "銀行": "bank", "投资": "investment", "投資": "investment", "实业": "industrial",
    "實業": "industrial", "工业": "industry", "工業": "industry", "机械": "machinery", "機械": "machinery", "电子": "electronics", "電子": "electronics",
    "石油": "petroleum", "能源": "energy", "化工": "chemical", "物流": "logistics", "建设": "construction", "建設": "construction", "商贸": "trading",
    "香港": "hong kong", "中国": "china", "中國": "china", "北京": "beijing", "上海": "shanghai", "深圳": "shenzhen", "大连": "dalian", "大連": "dalian",
    "朝鲜": "korea", "朝鮮": "korea", "联合": "united", "聯合": "united", "会社": "company", "會社": "company", "總公司": "corporation", "总公司": "corporation",
    "航空": "aviation", "保险": "insurance", "保險": "insurance", "医药": "pharmaceutical", "有限": "limited", "控股": "holdings", "发展": "development",
    "發展": "development",
}  # fmt: skip
_HAN_WORD = re.compile("|".join(sorted(_HAN_WORDS, key=len, reverse=True)))
_HAN_TWO = frozenset("欧阳 歐陽 司马 司馬 上官 诸葛 諸葛 东方 東方 皇甫 尉迟 公孙 慕容 令狐 司徒 夏侯".split())
# Family names that are read otherwise than the letter alone.
_HAN_FAMILY = {
    "曾": "zeng",
    "单": "shan",
    "單": "shan",
    "解": "xie",
    "仇": "qiu",
    "查": "zha",
    "朴": "piao",
    "区": "ou",
    "區": "ou",
    "翟": "zhai",
}


def undisguise(words: list[str]) -> list[str]:
    """Words whose letters are of one script each: look-alikes become what the rest of the word, then of the text, is written in."""
    if not any(map(_GREEK_OR_CYRILLIC.search, words)):
        return words
    own_cyrillic, own_greek = zip(*map(_own_letters, words), strict=True)
    native = any(own_cyrillic) or any(own_greek)
    latin = any(_LATIN.search(word) for word in words)
    plain = []
    for word, cyrillic, greek in zip(words, own_cyrillic, own_greek, strict=True):
        if cyrillic:
            word = word.translate(_TO_CYRILLIC)
        elif not greek and not word.isascii() and (_LATIN.search(word) or (latin and not native) or _mixed(word)):
            word = word.translate(_TO_LATIN)
        plain.append(word)
    return plain


def latin_alike(text: str) -> str:
    """The text in the Latin letters that its own are drawn like, where all of them are such; else ""."""
    letters = [char for char in text if char.isalpha()]
    return text.translate(_TO_LATIN) if letters and _ALIKE.issuperset(letters) else ""


def together(text: str) -> str:
    """An Arabic text with `Allah` and `al-Din` written as one with the word before, as in Habibullah, Jalaluddin; "" without such."""
    written = _ARABIC_BEHIND.sub(lambda found: found[1] or found[2], text)
    return written if written != text else ""


@lru_cache(maxsize=1 << 16)
def _own_letters(word: str) -> tuple[bool, bool]:
    """Whether a word has Cyrillic, and Greek, letters that are like no others."""
    if word.isascii():
        return False, False
    return not _ALIKE.issuperset(_CYRILLIC.findall(word)), not _ALIKE.issuperset(_GREEK.findall(word))


def _mixed(word: str) -> bool:
    return bool(_CYRILLIC.search(word) and _GREEK.search(word))


def one_script(word: str) -> str:
    """The word without marks above and below letters; scripts that write vowels as such marks in Latin letters."""
    if _MARKED.search(word):
        return _MARKS.sub("", anyascii(word))
    return unicodedata.normalize("NFC", _without_marks(word))


def is_han(word: str) -> bool:
    return _HAN.search(word) is not None


def latin(word: str, lone: bool = True) -> str:
    """One word as lower-case Latin words parted by spaces; Arabic and Hebrew words as they are, in one spelling.

    A `lone` Han word may be a whole name; of several each is a part of one.
    """
    if word.isascii():
        return word.lower()
    if _ARABIC.search(word):
        return _arabic(_without_marks(word).translate(_ARABIC_FOLD))
    if _HEBREW.search(word):
        return _without_marks(word).translate(_HEBREW_FOLD)
    if _HAN.search(word):
        return _HAN.sub(lambda found: f" {_han(found.group(), lone)} ", word).strip().lower()
    if _HANGUL.search(word):
        return " ".join(_hangul(unicodedata.normalize("NFC", word)).split())
    word = _without_marks(word).lower()
    if _GREEK.search(word):
        for cluster, written in _GREEK_CLUSTERS:
            word = word.replace(cluster, written)
    return _MARKS.sub("", anyascii(word)).lower()


def _without_marks(word: str) -> str:
    return "".join(char for char in unicodedata.normalize("NFKD", word) if unicodedata.category(char) not in ("Mn", "Me"))


def _arabic(word: str) -> str:
    """The article and `servant of the` parted from what they stand before, and the commonest particles in Latin letters."""
    known = _ARABIC_PARTICLES.get(word)
    if known:
        return known
    if word.startswith("عبدال") and len(word) > 7 and not word.startswith("عبدالله"):
        return f"abdul {word[5:]}"
    if word.startswith("ال") and len(word) > 4 and word != "الله":
        return f"al {word[2:]}"
    return word


def _hangul(word: str) -> str:
    syllables = []
    for at, char in enumerate(word):
        number = ord(char) - 0xAC00
        if not 0 <= number < 11_172:
            syllables.append(anyascii(char).lower())
        elif at == 0 and char in _HANGUL_FAMILY and len(word) in (1, 2, 3, 4):
            syllables.append(_HANGUL_FAMILY[char])
        else:
            first, middle, last = number // 588, number % 588 // 28, number % 28
            syllables.append(_HANGUL_FIRST[first] + _HANGUL_VOWEL[middle] + _HANGUL_LAST[last])
    return " ".join(syllables)


def _han(text: str, lone: bool) -> str:
    """A person's name is family name and given name; a text with a company's words in it is read word by word."""
    if _HAN_WORD.search(text):
        parts = []
        at = 0
        for found in _HAN_WORD.finditer(text):
            parts += [_pinyin(text[at : found.start()]), _HAN_WORDS[found.group()]]
            at = found.end()
        return " ".join([*parts, _pinyin(text[at:])])
    if lone and 2 <= len(text) <= 4:
        family = 2 if text[:2] in _HAN_TWO and len(text) > 2 else 1
        return f"{_HAN_FAMILY.get(text[:family]) or _pinyin(text[:family])} {_pinyin(text[family:])}"
    return _pinyin(text)


def _pinyin(text: str) -> str:
    return "".join(anyascii(char) for char in text).lower()
