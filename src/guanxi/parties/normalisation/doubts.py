"""What is written where nothing is known: words and numbers that stand for nothing, in any field."""

from __future__ import annotations

import re
from typing import Final

from guanxi.parties.normalisation.characters import words

_NOTHING: Final = frozenset(
    words(
        "- -- --- . / // \\ ? ?? ??? * ** *** x xx xxx xxxx n/a na n.a. #n/a nan nil null (null) none unknown "
        "unkown undefined tbd tba test testing tester dummy default customer nobody noname anonymous 无 無 没有 "
        "沒有 暂无 暫無 未知 不详 不詳 不明 空 待定 待补 待補 未填 未提供 保密 测试 測試 测试用户 测试客户 无名氏 "
        "無名氏 匿名 客户 顾客 某某 某某某 \\n"
    )
)
_LONGEST: Final = 16
_WORD: Final = re.compile(r"[\s_-]+")


def says_nothing(text: str) -> bool:
    """Whether a folded text is a placeholder: `N/A`, `未知`, `xxx`, dashes."""
    if len(text) > _LONGEST:
        return False
    lower = text.lower()
    return lower in _NOTHING or (not lower.isalnum() and _WORD.sub("", lower) in _NOTHING)


def is_one_character(text: str) -> bool:
    """Whether one character stands three times or more, and nothing else: `000000`."""
    return len(text) > 2 and text == text[0] * len(text)
