"""How one Chinese name is written in Latin letters in different places, and where those spellings meet.

Pinyin (GB/T 16159), Wade-Giles (as in passports of Taiwan; apostrophes are usually left out, so chen is chen or zhen)
and the Cantonese of the Hong Kong government, whose readings come from the package `cantonese-romanisation`. Spellings
of one Cantonese sound (Kwok, Gwok; Lee, Li) are folded to one. Spellings of Fujian, Chaozhou and Singapore are few and
written out here.
"""

from __future__ import annotations

import functools
import itertools
import json
import re
from collections.abc import Iterator, Sequence
from importlib import resources
from typing import Final

from guanxi.kernel.names import given_reading, surname_reading
from guanxi.parties.normalisation.characters import simplified, words
from guanxi.parties.normalisation.surnames import FREQUENT, surname_readings

_MOST_KEYS: Final = 6
_SYLLABLES: Final = words(
    "a ai an ang ao ba bai ban bang bao bei ben beng bi bian biao bie bin bing bo bu ca cai can cang cao ce cen "
    "ceng cha chai chan chang chao che chen cheng chi chong chou chu chua chuai chuan chuang chui chun chuo ci "
    "cong cou cu cuan cui cun cuo da dai dan dang dao de dei den deng di dian diao die ding diu dong dou du duan "
    "dui dun duo e ei en eng er fa fan fang fei fen feng fo fou fu ga gai gan gang gao ge gei gen geng gong gou "
    "gu gua guai guan guang gui gun guo ha hai han hang hao he hei hen heng hong hou hu hua huai huan huang hui "
    "hun huo ji jia jian jiang jiao jie jin jing jiong jiu ju juan jue jun ka kai kan kang kao ke ken keng kong "
    "kou ku kua kuai kuan kuang kui kun kuo la lai lan lang lao le lei leng li lia lian liang liao lie lin ling "
    "liu lo long lou lu luan lun luo lv lve ma mai man mang mao me mei men meng mi mian miao mie min ming miu mo "
    "mou mu na nai nan nang nao ne nei nen neng ni nian niang niao nie nin ning niu nong nou nu nuan nuo nv nve o "
    "ou pa pai pan pang pao pei pen peng pi pian piao pie pin ping po pou pu qi qia qian qiang qiao qie qin qing "
    "qiong qiu qu quan que qun ran rang rao re ren reng ri rong rou ru ruan rui run ruo sa sai san sang sao se "
    "sen seng sha shai shan shang shao she shei shen sheng shi shou shu shua shuai shuan shuang shui shun shuo si "
    "song sou su suan sui sun suo ta tai tan tang tao te teng ti tian tiao tie ting tong tou tu tuan tui tun tuo "
    "wa wai wan wang wei wen weng wo wu xi xia xian xiang xiao xie xin xing xiong xiu xu xuan xue xun ya yan yang "
    "yao ye yi yin ying yo yong you yu yuan yue yun za zai zan zang zao ze zei zen zeng zha zhai zhan zhang zhao "
    "zhe zhen zheng zhi zhong zhou zhu zhua zhuai zhuan zhuang zhui zhun zhuo zi zong zou zu zuan zui zun zuo"
)
_PINYIN: Final = re.compile(f"(?:{'|'.join(sorted(_SYLLABLES, key=len, reverse=True))})+")
_UMLAUT: Final = re.compile(r"([ln])yu(?![ae])")  # 吕 is LYU in passports since 2012
_SOUTHERN: Final = {
    "tan": "陈", "lim": "林", "goh": "吴", "ong": "王", "teo": "张", "teoh": "张", "koh": "许", "khoo": "邱",
    "chua": "蔡", "ng": "吴黄伍", "sim": "沈", "tay": "郑", "seah": "谢", "toh": "卓", "chong": "张庄", "wee": "黄",
    "ooi": "黄", "gan": "颜", "yeo": "杨", "quek": "郭", "kwek": "郭", "foo": "符", "lau": "刘", "low": "刘",
    "soh": "苏", "heng": "王", "hwang": "黄", "tsui": "徐崔", "soong": "宋", "chiang": "蒋江", "shieh": "谢",
    "hsieh": "谢", "lu": "吕卢陆", "lee": "李", "chu": "朱",
}  # fmt: skip
_WADE_INITIALS: Final = (
    ("zh", "ch"), ("ch", "ch"), ("sh", "sh"), ("b", "p"), ("p", "p"), ("d", "t"), ("t", "t"), ("g", "k"),
    ("k", "k"), ("j", "ch"), ("q", "ch"), ("x", "hs"), ("z", "ts"), ("c", "ts"), ("r", "j"),
)  # fmt: skip
_WADE_WHOLE: Final = {
    "zi": "tzu", "ci": "tzu", "si": "szu", "zhi": "chih", "chi": "chih", "shi": "shih", "ri": "jih", "yi": "i",
    "you": "yu", "er": "erh", "ge": "ko", "ke": "ko", "he": "ho", "e": "o", "guo": "kuo", "kuo": "kuo",
    "huo": "huo", "gui": "kuei", "kui": "kuei", "yan": "yen", "ye": "yeh", "yong": "yung", "duo": "to", "tuo": "to",
    "luo": "lo", "nuo": "no", "zuo": "tso", "cuo": "tso", "suo": "so", "ruo": "jo", "zhuo": "cho", "chuo": "cho",
    "shuo": "shuo",
}  # fmt: skip
_FOLDS: Final = tuple(
    (re.compile(pattern), by)
    for pattern, by in (
        ("^(?:ts|tz|ch|j|z)(?=[aeiou])", "ch"),
        ("^(?:sze|tsz)$", "si"),
        ("^(?:tse)$", "che"),
        ("^g(?=w?[aeiou])", "k"),
        ("^d(?=[aeiou])", "t"),
        ("^b(?=[aeiou])", "p"),
        ("^sh(?=[aeiou])", "s"),
        ("aa|ar(?=[knpt]|$)", "a"),
        ("ow$|au$|ao$", "au"),
        ("(?<=[aeiou])h$", ""),
        ("ee$|ey$", "i"),
        ("oo", "u"),
        ("oy$", "oi"),
        ("(?<=[aiu])ck$", "k"),
        ("wood$|wut$", "wut"),
    )
)


def pinyin_word(word: str) -> str:
    """A lower-case word in pinyin as it is keyed (`lv` for LYU and LÜ), or nothing if it is no pinyin."""
    keyed = _UMLAUT.sub(r"\1v", word.replace("ü", "v"))
    return keyed if _PINYIN.fullmatch(keyed) else ""


def is_surname_reading(word: str) -> bool:
    """Whether a word in pinyin is the reading of a surname."""
    return word in surname_readings()


@functools.lru_cache(maxsize=100_000)
def name_keys(surname: str, given_name: str) -> tuple[str, ...]:
    """The readings of a name in Chinese characters: in Mandarin, then in Cantonese, each in one word."""
    mandarin = surname_reading(surname) + given_reading(given_name)
    spoken = [cantonese_readings(character) for character in surname + given_name]
    cantonese = map("".join, itertools.product(*spoken)) if all(spoken) and len(spoken) <= 4 else iter(())
    return _first(itertools.chain((mandarin,), cantonese))


def surname_keys(surname: str) -> tuple[str, ...]:
    """The key of a surname in Chinese characters: its Mandarin reading."""
    return (surname_reading(surname),) if surname else ()


@functools.lru_cache(maxsize=50_000)
def latin_surname_keys(word: str) -> tuple[str, ...]:
    """What the surname `word` may be in Mandarin: `huang` and `wang` for Wong."""
    found = [keyed] if (keyed := pinyin_word(word)) and is_surname_reading(keyed) else []
    found += [surname_reading(each) for each in _SOUTHERN.get(word, "")]
    found += [each for each in _from_wade_giles().get(word, ()) if each in _frequent_readings()]
    found += _from_cantonese().get(cantonese_sound(word), ())
    return tuple(dict.fromkeys(found))


def is_romanised(words: Sequence[str]) -> bool:
    """Whether lower-case words, the surname first, can be a Chinese name of one system of spelling."""
    if not latin_surname_keys(words[0]):
        return False
    return all(map(pinyin_word, words)) or all(map(is_cantonese, words)) or all(map(is_wade_giles, words))


def latin_name_keys(words: Sequence[str]) -> tuple[str, ...]:
    """The keys of a romanised name, surname first: as pinyin, Cantonese, Wade-Giles, whatever its words can be."""
    found: Iterator[str] = iter(())
    if all(map(pinyin_word, words)):
        found = iter(("".join(map(pinyin_word, words)),))
    if all(map(is_cantonese, words)):
        found = itertools.chain(found, ("".join(map(cantonese_sound, words)),))
    if all(map(is_wade_giles, words)):
        spelled = itertools.product(*(_from_wade_giles()[word] for word in words))
        found = itertools.chain(found, map("".join, spelled))
    return _first(found)


@functools.cache
def cantonese_sound(word: str) -> str:
    """One spelling for the spellings of a Cantonese syllable: `kwok` for Gwok, `li` for Lee."""
    for pattern, by in _FOLDS:
        word = pattern.sub(by, word)
    return word


def is_cantonese(word: str) -> bool:
    """Whether a lower-case word is a syllable of the Hong Kong government's romanisation."""
    return cantonese_sound(word) in _cantonese_sounds()


def is_wade_giles(word: str) -> bool:
    """Whether a lower-case word is a syllable of Wade-Giles without its marks."""
    return word in _from_wade_giles()


@functools.cache
def cantonese_readings(character: str) -> tuple[str, ...]:
    """The Cantonese readings of a simplified character, folded; two at most."""
    return _cantonese().get(character, ())[:2]


@functools.cache
def _cantonese() -> dict[str, tuple[str, ...]]:
    """Readings by simplified character. The package has them by traditional one."""
    text = resources.files("cantoroman").joinpath("data/charToRoman.json").read_text(encoding="utf-8")
    found: dict[str, dict[str, None]] = {}
    for character, spellings in json.loads(text).items():
        own = found.setdefault(simplified(character), {})
        own.update(dict.fromkeys(map(cantonese_sound, spellings)))
    return {character: tuple(own) for character, own in found.items()}


@functools.cache
def _frequent_readings() -> frozenset[str]:
    return frozenset(map(surname_reading, FREQUENT))


@functools.cache
def _cantonese_sounds() -> frozenset[str]:
    return frozenset(itertools.chain.from_iterable(_cantonese().values()))


@functools.cache
def _from_cantonese() -> dict[str, tuple[str, ...]]:
    """The Mandarin readings of the surnames that sound alike in Cantonese."""
    found: dict[str, dict[str, None]] = {}
    for surname in sorted(FREQUENT):
        for sound in cantonese_readings(surname):
            found.setdefault(sound, {})[surname_reading(surname)] = None
    return {sound: tuple(readings) for sound, readings in found.items()}


@functools.cache
def _from_wade_giles() -> dict[str, tuple[str, ...]]:
    """Pinyin by Wade-Giles syllable without its apostrophe and marks."""
    found: dict[str, list[str]] = {}
    for syllable in _SYLLABLES:
        found.setdefault(wade_giles(syllable), []).append(syllable)
    return {spelled: tuple(readings) for spelled, readings in found.items()}


def wade_giles(syllable: str) -> str:
    """A pinyin syllable in Wade-Giles without apostrophe and marks: `hsieh` for xie, `tzu` for zi."""
    if syllable in _WADE_WHOLE:
        return _WADE_WHOLE[syllable]
    initial, by = next((pair for pair in _WADE_INITIALS if syllable.startswith(pair[0])), ("", ""))
    final = syllable[len(initial) :].replace("v", "u")
    if initial in {"j", "q", "x"}:
        final = final.replace("iong", "iung")
    final = re.sub("ong$", "ung", final)
    final = re.sub("ian$", "ien", re.sub("ie$", "ieh", re.sub("[uv]e$", "ueh", final)))
    return by + final


def _first(keys: Iterator[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(itertools.islice(filter(None, keys), _MOST_KEYS)))
