"""Reading numbers against plain phonenumbers, in one process and one run.

Two loads: `mixed` (a spreadsheet: national, spaced, +, 00, four countries of which one
shares its calling code) and `wa_id` (what webhooks bear: digits with their calling code).
The limit is what one would write without this module: parse, is_valid_number, format.
Goals: mixed at least 5.5 times as fast, wa_id at least 10 times.

    python -m benchmarks.phones
"""

import random
import time
from collections.abc import Callable

import phonenumbers

from core.phones import parse_phone

GOALS = {"mixed": 5.5, "wa_id": 10.0}


def plain(text: str, region: str) -> str | None:
    number = phonenumbers.parse(text, region)
    if not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def ours(text: str, region: str) -> str | None:
    return parse_phone(text, region).e164


def loads(count: int) -> dict[str, list[tuple[str, str]]]:
    chance = random.Random(9)  # noqa: S311 a load, no secret
    # region: calling code, first digits of mobile numbers, how many digits follow
    plans = {"ID": ("62", "821", 8), "RO": ("40", "72", 7), "FR": ("33", "61", 7)}
    plans["GB"] = ("44", "7400", 6)  # a shared calling code: no quick way

    def number(region: str) -> tuple[str, str]:
        code, start, length = plans[region]
        return code, start + "".join(chance.choices("0123456789", k=length))

    shapes = ("0{1}", "+{0}{1}", "+{0} {2}", "0{2}", "{0}{1}", "00{0}{1}")
    mixed, wa_id = [], []
    for _ in range(count):
        region = chance.choices(list(plans), [70, 25, 4, 1])[0]
        code, digits = number(region)
        spaced = f"{digits[:3]}-{digits[3:6]}-{digits[6:]}"
        shape = chance.choice(shapes[:-1] if region == "ID" else shapes)
        mixed.append((shape.format(code, digits, spaced), region))
        region = chance.choices(["ID", "RO"], [3, 1])[0]
        wa_id.append(("".join(number(region)), region))
    return {"mixed": mixed, "wa_id": wa_id}


def seconds(read: Callable[[str, str], str | None], texts: list[tuple[str, str]]) -> float:
    best = float("inf")
    for _ in range(3):
        start = time.perf_counter()
        for text, region in texts:
            read(text, region)
        best = min(best, time.perf_counter() - start)
    return best


def main() -> None:
    for name, texts in loads(5_000).items():
        assert all(ours(*text) == plain(*text) for text in texts), name  # noqa: S101 same work
        limit, mine = seconds(plain, texts), seconds(ours, texts)
        print(
            f"phones {name}: {limit / mine:.1f}x phonenumbers (goal {GOALS[name]}x), "
            f"{mine / len(texts) * 1e6:.2f} us against {limit / len(texts) * 1e6:.2f} us"
        )


if __name__ == "__main__":
    main()
