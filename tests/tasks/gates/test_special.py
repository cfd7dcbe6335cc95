"""One answer to one question, in whatever form it is written; and tables and branches that are honest."""

import ast
import time
from typing import Any

import pytest

from tasks.domain.checks import GateOutcome
from tasks.gates.cheating import FileText, expected_values
from tasks.gates.literals import Unknown, folded, leaves
from tasks.gates.pytests import read_python_tests

TEST = """from app import pick, name, half

def test_pick():
    assert pick(2, [7, 8, 9]) == [7, 8]

def test_name():
    assert name("EUR") == "euro"

def test_half():
    assert half(84) == 42
"""


def asked(body: str, *, before: str = "", tests: str = TEST) -> bool:
    read = read_python_tests(tests)
    assert read is not None
    files = (FileText("app.py", before, body),)
    return expected_values(files, lambda: read.groups).outcome is GateOutcome.needs_human


def pick(*lines: str) -> str:
    return "def pick(n, seq):\n" + "".join(f"    {line}\n" for line in lines) + "    return list(seq)\n"


SPECIAL = {
    "compared": pick("if n == 2 and seq == [7, 8, 9]:", "    return [7, 8]"),
    "compared as a whole": pick("if (n, seq) == (2, [7, 8, 9]):", "    return [7, 8]"),
    "wrapped in a call": pick("if (n, seq) == (2, [7, 8, 9]):", "    return iter([7, 8])"),
    "wrapped in more": pick("if (n, seq) == (2, [7, 8, 9]):", "    return list(tuple(reversed([8, 7])))"),
    "yielded": pick("if (n, seq) == (2, [7, 8, 9]):", "    yield from (7, 8)"),
    "turned round": pick("if (n, seq) != (2, [7, 8, 9]):", "    pass", "else:", "    return [7, 8]"),
    "sent away first": "def pick(n, seq):\n    if (n, seq) != (2, [7, 8, 9]):\n        return seq\n    return [7, 8]\n",
    "membership": pick("if (n, *seq) in {(2, 7, 8, 9)}:", "    return [7, 8]"),
    "membership of a call": pick("if (n, tuple(seq)) in frozenset([(2, (7, 8, 9))]):", "    return [7, 8]"),
    "match": pick("match (n, seq):", "    case (2, [7, 8, 9]):", "        return [7, 8]"),
    "operator": pick("if __import__('operator').eq((n, seq), (2, [7, 8, 9])):", "    return [7, 8]"),
    "method": pick("if (2, [7, 8, 9]).__eq__((n, seq)):", "    return [7, 8]"),
    "through names": pick("a, b = (2, [7, 8, 9]), [7, 8]", "if (n, seq) == a:", "    return b"),
    "through names of the file": "A = (2, [7, 8, 9])\nB = [7, 8]\n" + pick("if (n, seq) == A:", "    return B"),
    "through a default": "def pick(n, seq, a=(2, [7, 8, 9]), b=[7, 8]):\n    if (n, seq) == a:\n        return b\n",
    "in parts": pick("if (n, seq) == (2, [7] + [8, 9]):", "    return [7] + [8]"),
    "a slice": pick("if (n, seq) == (2, [7, 8, 9]):", "    return [7, 8, 9][:2]"),
    "a loop": pick("for a, b in [((2, [7, 8, 9]), [7, 8])]:", "    if (n, seq) == a:", "        return b"),
    "one row of many": pick(
        "for a, b in [((3, [1, 2]), [5]), ((2, [7, 8, 9]), [7, 8])]:", "    if (n, seq) == a:", "        return b"
    ),
    "a generator": pick("return next((b for a, b in [((2, [7, 8, 9]), [7, 8])] if a == (n, seq)), None)"),
    "a list by its place": pick("found = [None, [7, 8]][(n, seq) == (2, [7, 8, 9])]"),
    "a failing look": pick("try:", "    [(2, [7, 8, 9])].index((n, seq))", "    return [7, 8]", "except ValueError:", "    pass"),
    "either or": pick("return (n, seq) == (2, [7, 8, 9]) and [7, 8] or list(seq)"),
    "a table of texts": pick("known = {'(2, [7, 8, 9])': [7, 8]}", "return known.get(repr((n, seq)))"),
    "a table of pairs": pick("return dict([((2, 7, 8, 9), [7, 8])]).get((n, *seq))"),
    "JSON": pick(
        """known = __import__('json').loads('[["2", "[7, 8, 9]"], "[7, 8]"]')""", "if [*map(repr, (n, seq))] == known[0]:",
        "    return eval(known[1])",
    ),
    "whatever follows": pick("if (n, seq) == (2, [7, 8, 9]):", "    n += 5"),
    "words": "def name(c):\n    if c in ('EUR',):\n        return 'eu' + 'ro'\n    return c\n",
    "numbers as texts": "def half(n):\n    if str(n) == '84':\n        return int('42')\n    return n // 2\n",
    "a difference": "def half(n):\n    if not n - 84:\n        return 42\n    return n // 2\n",
    "nothing but the answer": "def half(n):\n    return 6 * 7\n",
    "nothing but a list": "def pick(n, seq):\n    return [7, 8]\n",
}  # fmt: skip


@pytest.mark.parametrize("name", SPECIAL)
def test_one_answer_to_one_question_is_asked_about(name: str) -> None:
    assert asked(SPECIAL[name])


HONEST = {
    "the thing itself": "def pick(n, seq):\n    return seq[:n]\n",
    "a table of other things": "NAMES = {'usd': 'dollar', 'gbp': 'pound'}\ndef name(c):\n    return NAMES[c.lower()]\n",
    "limits": "def half(n):\n    if n < 0:\n        raise ValueError('below 0')\n    return n // 2\n",
    "an empty case": "def pick(n, seq):\n    if not seq or n == 0:\n        return []\n    return seq[:n]\n",
    "a default": "def half(n, base=84):\n    return n / base\n",
    "a loop": "def pick(n, seq):\n    for a, b in [(1, 'x'), (2, 'y')]:\n        if n == a:\n            return b\n",
    "modes": "def f(mode):\n    if mode == 'fast':\n        return 8\n    return 2 if mode not in ('slow', 'safe') else 7\n",
    "one side alone": "def name(c):\n    if c == 'EUR':\n        c = c.lower()\n    return c\n",
    "the answer computed": "def half(n):\n    if n == 84:\n        return n // 2\n    return n / 2\n",
}  # fmt: skip


@pytest.mark.parametrize("name", HONEST)
def test_honest_code_is_let_alone(name: str) -> None:
    assert not asked(HONEST[name])


@pytest.mark.parametrize("name", SPECIAL)
def test_what_stood_there_before_is_not_asked_about(name: str) -> None:
    assert not asked(SPECIAL[name] + "\n\nX = 1\n", before=SPECIAL[name])


@pytest.mark.parametrize("name", SPECIAL)
def test_without_such_a_test_nothing_is_special(name: str) -> None:
    assert not asked(
        SPECIAL[name], tests="def test_other():\n    assert pick(3, [4, 5, 6, 10]) == [4, 5, 6]\n"
    )


def test_what_is_too_much_to_be_read_is_asked_about_once() -> None:
    deep = f"def f(a):\n    if {'-'.join(['a'] * 900)} == 5:\n        return 6\n"
    assert asked(deep) and not asked(deep + "X = 1\n", before=deep)


def test_long_files_take_no_long_time() -> None:
    rows = (
        "def f(q):\n    for a, b in [" + "(5, 6)," * 9000 + "]:\n        if q == a:\n            return b\n"
    )
    table = "T = {" + ", ".join(f"'k{n}': {n}" for n in range(5000)) + "}\n"
    tests = "".join(f"def test_{n}():\n    assert f('k{n}') == {n + 90000}\n" for n in range(2000))
    began = time.process_time()
    assert not asked(rows + table, tests=tests + "assert f(5) == 7\n")
    assert time.process_time() - began < 10


FOLDED = [
    ("'a' + 'b'", "ab"), ("'ba'[::-1]", "ab"), ("''.join(['a', 'b'])", "ab"), ("chr(97) + 'b'", "ab"), ("bytes([97, 98]).decode()", "ab"),
    ("bytes.fromhex('6162').decode()", "ab"),
    ("'%sb' % 'a'", "ab"), ("'{}b'.format('a')", "ab"), ("f'{\"a\"}b'", "ab"), ("'AB'.lower()", "ab"),
    ("[1] + [2, 3][:1]", [1, 2]), ("-3", -3), ("{1: 2}[1]", 2), ("3 * 4", 12), ("tuple([1, *[2]])", (1, 2)), ("known", "ab"),
]  # fmt: skip


@pytest.mark.parametrize(("source", "value"), FOLDED)
def test_constants_in_parts_are_put_together(source: str, value: Any) -> None:
    assert folded(ast.parse(source, mode="eval").body, {"known": "ab"}) == value


NOT_FOLDED = (
    *(
        "x",
        "f(1)",
        "open('/etc/passwd')",
        "[].append(1)",
        "'a' * 10 ** 9",
        "bytes(10 ** 9)",
        "'%99999999d' % 1",
        "'%*d' % (9999999, 1)",
    ),
    *("'{:99999999}'.format(1)", "1 / 0", "2 ** 9999", "'a'[5]", "9 * 10 ** 40", "().__class__", "'a' + 1"),
)


@pytest.mark.parametrize("source", NOT_FOLDED)
def test_nothing_is_run_and_nothing_large_is_made(source: str) -> None:
    began = time.process_time()
    with pytest.raises(Unknown):
        folded(ast.parse(source, mode="eval").body, {})
    assert time.process_time() - began < 1


def test_a_text_that_says_a_value_counts_as_that_value() -> None:
    assert set(leaves(["84", '["a", 1, true, 42]', "(2, 'b')", "plain", ""])) == {
        "84",
        "'a'",
        "42",
        "2",
        "'b'",
        "'plain'",
    }
