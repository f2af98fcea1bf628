"""The fields of our ISO 8583:1987 dialect: ASCII data, ASCII length prefixes, binary bitmaps, binary PIN and MAC.

The table follows ISO 8583:1987, section 4.4 (data element directory). Kinds: `n` digits, `x+n` a sign C or D and
digits, `an` letters and digits, `ans` printable ASCII, `z` track data, `b` octets (shown as hexadecimal text).
Fields 65 (tertiary bitmap) and 1 (secondary bitmap) are not data and do not appear.
"""

from __future__ import annotations

import hashlib
import re
from typing import Final, Literal, NamedTuple

Kind = Literal["n", "x+n", "an", "ans", "z", "b"]

MAC_PRIMARY: Final = 64
MAC_SECONDARY: Final = 128
KEY_SIZE: Final = 16  # octets of a double-length TDES key
# What a bank and its sandbox share unless `GUANXI_CARD_HOST_KEY` gives another: good for a demonstration only.
DEMO_INTERCHANGE_KEY: Final = hashlib.sha256(b"guanxi demo interchange").digest()[:KEY_SIZE]


class Field(NamedTuple):
    """How one field is carried. `prefix` is the number of length digits, 0 where `size` (in octets) is fixed."""

    number: int
    kind: Kind
    prefix: int
    size: int
    name: str

    @property
    def text_size(self) -> int:
        """The size as `Message.fields` shows it: two hexadecimal digits an octet for binary fields."""
        return self.size * 2 if self.kind == "b" else self.size


_TABLE: Final = """
2 n 2 19 primary account number
3 n 0 6 processing code
4 n 0 12 amount, transaction
5 n 0 12 amount, settlement
6 n 0 12 amount, cardholder billing
7 n 0 10 transmission date and time
8 n 0 8 amount, cardholder billing fee
9 n 0 8 conversion rate, settlement
10 n 0 8 conversion rate, cardholder billing
11 n 0 6 systems trace audit number
12 n 0 6 time, local transaction
13 n 0 4 date, local transaction
14 n 0 4 date, expiration
15 n 0 4 date, settlement
16 n 0 4 date, conversion
17 n 0 4 date, capture
18 n 0 4 merchant type
19 n 0 3 acquiring institution country code
20 n 0 3 primary account number country code
21 n 0 3 forwarding institution country code
22 n 0 3 point of service entry mode
23 n 0 3 card sequence number
24 n 0 3 network international identifier
25 n 0 2 point of service condition code
26 n 0 2 point of service PIN capture code
27 n 0 1 authorisation identification response length
28 x+n 0 9 amount, transaction fee
29 x+n 0 9 amount, settlement fee
30 x+n 0 9 amount, transaction processing fee
31 x+n 0 9 amount, settlement processing fee
32 n 2 11 acquiring institution identification code
33 n 2 11 forwarding institution identification code
34 ans 2 28 primary account number, extended
35 z 2 37 track 2 data
36 z 3 104 track 3 data
37 an 0 12 retrieval reference number
38 an 0 6 authorisation identification response
39 an 0 2 response code
40 an 0 3 service restriction code
41 ans 0 8 card acceptor terminal identification
42 ans 0 15 card acceptor identification code
43 ans 0 40 card acceptor name and location
44 ans 2 25 additional response data
45 ans 2 76 track 1 data
46 ans 3 999 additional data, ISO
47 ans 3 999 additional data, national
48 ans 3 999 additional data, private
49 an 0 3 currency code, transaction
50 an 0 3 currency code, settlement
51 an 0 3 currency code, cardholder billing
52 b 0 8 PIN data
53 n 0 16 security related control information
54 an 3 240 additional amounts
55 ans 3 999 reserved, ISO
56 ans 3 999 reserved, ISO
57 ans 3 999 reserved, national
58 ans 3 999 reserved, national
59 ans 3 999 reserved, national
60 ans 3 999 reserved, private
61 ans 3 999 reserved, private
62 ans 3 999 reserved, private
63 ans 3 999 reserved, private
64 b 0 8 message authentication code
66 n 0 1 settlement code
67 n 0 2 extended payment code
68 n 0 3 receiving institution country code
69 n 0 3 settlement institution country code
70 n 0 3 network management information code
71 n 0 4 message number
72 n 0 4 message number, last
73 n 0 6 date, action
74 n 0 10 credits, number
75 n 0 10 credits, reversal number
76 n 0 10 debits, number
77 n 0 10 debits, reversal number
78 n 0 10 transfers, number
79 n 0 10 transfers, reversal number
80 n 0 10 inquiries, number
81 n 0 10 authorisations, number
82 n 0 12 credits, processing fee amount
83 n 0 12 credits, transaction fee amount
84 n 0 12 debits, processing fee amount
85 n 0 12 debits, transaction fee amount
86 n 0 16 credits, amount
87 n 0 16 credits, reversal amount
88 n 0 16 debits, amount
89 n 0 16 debits, reversal amount
90 n 0 42 original data elements
91 an 0 1 file update code
92 an 0 2 file security code
93 n 0 5 response indicator
94 an 0 7 service indicator
95 an 0 42 replacement amounts
96 b 0 8 message security code
97 x+n 0 17 amount, net settlement
98 ans 0 25 payee
99 n 2 11 settlement institution identification code
100 n 2 11 receiving institution identification code
101 ans 2 17 file name
102 ans 2 28 account identification 1
103 ans 2 28 account identification 2
104 ans 3 100 transaction description
105-111 ans 3 999 reserved, ISO
112-119 ans 3 999 reserved, national
120-127 ans 3 999 reserved, private
128 b 0 8 message authentication code
"""

CONTENT: Final[dict[Kind, re.Pattern[str]]] = {
    "n": re.compile(r"[0-9]*"),
    "x+n": re.compile(r"[CD][0-9]*"),
    "an": re.compile(r"[0-9A-Za-z ]*"),
    "ans": re.compile(r"[ -~]*"),
    "z": re.compile(r"[0-9A-F=:;<>?]*"),
    "b": re.compile(r"[0-9A-F]*"),
}


def _read_table() -> dict[int, Field]:
    fields = {}
    for line in _TABLE.strip().splitlines():
        numbers, kind, prefix, size, name = line.split(" ", 4)
        first, _, last = numbers.partition("-")
        for number in range(int(first), int(last or first) + 1):
            fields[number] = Field(number, kind, int(prefix), int(size), name)  # type: ignore[arg-type]
    return fields


FIELDS: Final[dict[int, Field]] = _read_table()
