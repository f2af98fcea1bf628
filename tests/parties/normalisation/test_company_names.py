"""Names of organisations in their parts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guanxi.parties.normalisation.company_names import looks_like_company, parse_company_name


@pytest.mark.parametrize(
    ("written", "core", "form", "branch"),
    [
        ("北京字节跳动科技有限公司", "字节跳动科技", "limited", ""),
        ("阿里巴巴（中国）有限公司", "阿里巴巴", "limited", ""),
        ("華為技術有限公司", "华为技术", "limited", ""),
        ("深圳市腾讯计算机系统有限公司", "腾讯计算机系统", "limited", ""),
        ("中国工商银行股份有限公司上海市分行陆家嘴支行", "中国工商银行", "joint_stock", "上海市分行陆家嘴支行"),
        ("招商银行北京分行", "招商银行", "", "北京分行"),
        ("海底捞餐饮股份有限公司北京第一分公司", "海底捞餐饮", "joint_stock", "北京第一分公司"),
        ("内蒙古伊利实业集团股份有限公司", "伊利实业", "joint_stock", ""),
        ("上海启明合伙企业（有限合伙）", "启明", "limited_partnership", ""),
        ("Huawei Technologies Co., Ltd.", "HUAWEI TECHNOLOGIES", "limited", ""),
        ("Škoda Auto a.s.", "SKODA AUTO", "joint_stock", ""),
        ("ACME, s.r.o.", "ACME", "limited", ""),
        ("Siemens AG", "SIEMENS", "joint_stock", ""),
        ("XYZ GmbH & Co. KG", "XYZ", "limited_partnership", ""),
        ("HSBC Holdings plc", "HSBC", "joint_stock", ""),
        ("Apple Inc.", "APPLE", "joint_stock", ""),
        ("Sun Hung Kai & Co. Limited", "SUN HUNG KAI", "limited", ""),
        ("ABC Trading Company Limited", "ABC TRADING", "limited", ""),
        ("Volkswagen (China) Co., Ltd. Shanghai Branch", "VOLKSWAGEN CHINA", "limited", "SHANGHAI BRANCH"),
        ("北京大学", "北京大学", "", ""),
        ("上海市徐汇区人民政府", "上海市徐汇区人民政府", "", ""),
        ("トヨタ自動車株式会社", "トヨタ自动车", "joint_stock", ""),
    ],
)
def test_parts(written: str, core: str, form: str, branch: str) -> None:
    found = parse_company_name(written)
    assert (found.core, found.legal_form, found.branch) == (core, form, branch)
    assert looks_like_company(written)


def test_the_place_is_told_and_the_core_is_read() -> None:
    found = parse_company_name("上海汽车集团股份有限公司")
    assert (found.division, found.core, found.pinyin) == ("310000", "汽车", "qiche")


@pytest.mark.parametrize(
    "name",
    [
        "浦东新区实验小学",
        "上海律师事务所",
        "老王超市",
        "小李餐厅",
        "沪江印刷厂",
        "研发中心",
        "居民委员会",
        "南京东路街道办事处",
        "好味道大酒店",
        "上海总经营部",
        "李明工作室",
        "北京某某个体工商户",
        "红星农民专业合作社",
        "阿里巴巴集团",
        "上海启明合伙企业",
        "友谊商店",
    ],
)
def test_organisations_without_a_company_in_their_name(name: str) -> None:
    assert looks_like_company(name)


@pytest.mark.parametrize("name", ["王小明", "买买提·吐尔逊", "Jan Novák", "Anna Ng", "Chan Tai Man", "张公司", ""])
def test_people_are_no_companies(name: str) -> None:
    assert not looks_like_company(name)


@given(st.text(max_size=40))
def test_nothing_is_raised(text: str) -> None:
    parse_company_name(text)
    looks_like_company(text)


@given(st.text("上海市北京公司有限责任股份集团分行支（）合伙企业 LtdCo.", max_size=20))
def test_nothing_is_raised_by_what_looks_like_a_company(text: str) -> None:
    found = parse_company_name(text)
    assert found.core or found.doubts
