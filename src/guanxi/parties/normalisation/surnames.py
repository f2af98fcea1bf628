"""Surnames: which characters are one, and which readings are.

The single surnames are those of the Hundred Family Surnames (百家姓, about 960, in simplified characters) and those
that are frequent today (Ministry of Public Security of China, National Name Report 2020).
"""

from __future__ import annotations

import functools
from typing import Final

from guanxi.kernel.names import COMPOUND_SURNAMES, surname_reading

HUNDRED: Final = (
    "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜戚谢邹喻柏水窦章云苏潘葛奚范彭郎鲁韦昌马苗凤花方"
    "俞任袁柳酆鲍史唐费廉岑薛雷贺倪汤滕殷罗毕郝邬安常乐于时傅皮卞齐康伍余元卜顾孟平黄和穆萧尹姚邵湛汪祁毛禹狄米贝明臧"
    "计伏成戴谈宋茅庞熊纪舒屈项祝董梁杜阮蓝闵席季麻强贾路娄危江童颜郭梅盛林刁钟徐邱骆高夏蔡田樊胡凌霍虞万支柯昝管卢莫"
    "经房裘缪干解应宗丁宣贲邓郁单杭洪包诸左石崔吉钮龚程嵇邢滑裴陆荣翁荀羊於惠甄曲家封芮羿储靳汲邴糜松井段富巫乌焦巴弓"
    "牧隗山谷车侯宓蓬全郗班仰秋仲伊宫宁仇栾暴甘钭厉戎祖武符刘景詹束龙叶幸司韶郜黎蓟薄印宿白怀蒲邰从鄂索咸籍赖卓蔺屠蒙"
    "池乔阴胥能苍双闻莘党翟谭贡劳逄姬申扶堵冉宰郦雍郤璩桑桂濮牛寿通边扈燕冀郏浦尚农温别庄晏柴瞿阎充慕连茹习宦艾鱼容向古"
    "易慎戈廖庾终暨居衡步都耿满弘匡国文寇广禄阙东欧殳沃利蔚越夔隆师巩厍聂晁勾敖融冷訾辛阚那简饶空曾毋沙乜养鞠须丰巢关蒯"
    "相查后荆红游竺权逯盖益桓公"
)
TODAY: Final = "肖闫付代覃区冼涂岳苟兰岑佟麦佘谌楚闻么仝乃占尚邸朴初冶车佐鄢揭母年海洪鹿阳青柒税禤"
FREQUENT: Final = frozenset(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩邓冯曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆"
    "范汪廖石金韦贾夏付方邹熊白孟秦邱侯江尹薛闫雷龙黎史陶贺毛段郝顾龚邵万覃武钱戴严莫孔向常汤康易乔赖文洪莫施关伍欧冼麦"
    "区温庄甘颜翁萧傅阮骆甄柯"
)
SINGLE: Final = frozenset(HUNDRED + TODAY)


def surname_length(name: str) -> int:
    """How many characters of a Chinese name in simplified characters are the surname; 0 if it seems to have none.

    A two-character surname needs a given name after it. Names of five characters or more that begin with none are
    taken for transliterations (买买提吐尔逊), four only if no single surname stands first.
    """
    if len(name) > 2 and name[:2] in COMPOUND_SURNAMES:
        return 2
    if len(name) <= 3:
        return 1
    if len(name) == 4 and name[0] in SINGLE:
        return 2 if is_double(name) else 1
    return 0


def is_double(name: str) -> bool:
    """Whether a name of four begins with two frequent surnames: of husband and wife (陈方安生), or of both parents."""
    return len(name) == 4 and name[0] in FREQUENT and name[1] in FREQUENT and name[:2] not in COMPOUND_SURNAMES


@functools.cache
def surname_readings() -> dict[str, str]:
    """All pinyin readings of surnames, with the most frequent surname that has each."""
    found: dict[str, str] = {}
    for surname in (*sorted(FREQUENT), *HUNDRED, *TODAY, *sorted(COMPOUND_SURNAMES)):
        found.setdefault(surname_reading(surname), surname)
    return found
