"""A package small enough to draw changes of it in a test, and no network."""

from bench.changes.material import Material
from bench.changes.packages import Package
from bench.changes.pool import Noticed

PACKAGE = Package("small", "1", "", "none", ("small",), "tests", "python3 -m pytest -q")
CODE = '''"""Counts and prices."""


def price(amount, member):
    """What an amount costs."""
    if member and amount > 10:
        rate = 2
    else:
        rate = 3
    return amount * rate


def total(amounts):
    found = 0
    for amount in amounts:
        found += price(amount, False)
    return found
'''
TESTS = """from small import price, total


def test_members_pay_less():
    assert price(20, True) == 40
    assert price(10, True) == 30


def test_total():
    assert total([1, 2]) == 9
"""
TREE = {
    "small/__init__.py": CODE.encode(),
    "tests/test_small.py": TESTS.encode(),
    "README.rst": b"Small\n=====\n",
    "LICENSE": b"none\n",
}
FAULT = Noticed(
    "price",
    {"do": "swap", "path": "small/__init__.py", "line": 6, "col": 27, "old": "10", "new": "9"},
    ("tests/test_small.py::test_members_pay_less",),
    {"small.price(10, True)": "20"},
)
SUM = Noticed(
    "total",
    {"do": "swap", "path": "small/__init__.py", "line": 14, "col": 12, "old": "0", "new": "1"},
    ("tests/test_small.py::test_total",),
    {},
)


def material(seed: str = "s") -> Material:
    probes = (
        ("small/__init__.py", "price", "small.price(10, True)"),
        ("small/__init__.py", "total", "small.total([4])"),
    )
    right = {"small.price(10, True)": "30", "small.total([4])": "12"}
    return Material(PACKAGE, TREE, (FAULT, SUM), probes, right, seed)
