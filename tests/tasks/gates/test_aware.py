"""What product code reaches, by whatever name: looks at the tests are seen, honest code is let alone."""

import pytest

from tasks.domain.checks import GateOutcome
from tasks.gates.aware import reached
from tasks.gates.cheating import FileText, awareness


def asked(after: str, before: str | None = "", path: str = "app.py") -> bool:
    return awareness((FileText(path, before, after),)).outcome is GateOutcome.needs_human


LOOKS = {
    "plain": ("sys.modules", "import sys\nX = 'app' in sys.modules\n"),
    "imported in place": ("sys.modules", "X = __import__('sys').modules\n"),
    "another name": ("sys.modules", "import sys as s\nX = s.modules\n"),
    "from the module": ("sys.modules", "from sys import modules as loaded\nX = loaded\n"),
    "given on": ("sys.modules", "import sys\na = sys\nb = a\nX = b.modules\n"),
    "given on backwards": ("sys.modules", "def f():\n    return b.modules\nb = a\na = __import__('sys')\n"),
    "by a default": ("sys.modules", "import sys\ndef f(s=sys):\n    return s.modules\n"),
    "by a function": ("sys.modules", "def m():\n    import sys\n    return sys\nX = m().modules\n"),
    "by an attribute of its own": ("sys.modules", "import sys\ndef f(self):\n    self.s = sys\n    return self.s.modules\n"),
    "getattr": ("sys.modules", "import sys\nX = getattr(sys, 'modules')\n"),
    "getattr of parts": ("sys.modules", "import sys\nX = getattr(sys, 'mod' + 'ules')\n"),
    "getattr joined": ("sys.modules", "import sys\nN = ''.join(['mod', 'ules'])\nX = getattr(sys, N)\n"),
    "getattr turned round": ("sys.modules", "import sys\nX = getattr(sys, 'seludom'[::-1])\n"),
    "getattr of what is not known": ("sys.*", "import sys\ndef f(n):\n    return getattr(sys, n)\n"),
    "vars": ("sys.modules", "import sys\nX = vars(sys)['modules']\n"),
    "dict": ("sys.modules", "import sys\nX = sys.__dict__.get('modules')\n"),
    "attrgetter": ("sys.modules", "import sys, operator\nX = operator.attrgetter('modules')(sys)\n"),
    "getattribute": ("sys.modules", "import sys\nX = sys.__getattribute__('modules')\n"),
    "importlib": ("sys.modules", "import importlib\nX = importlib.import_module('s' + 'ys').modules\n"),
    "builtins": ("sys.modules", "import builtins\nX = builtins.__import__('sys').modules\n"),
    "globals": ("sys.modules", "X = globals()['__builtins__'].__import__('sys').modules\n"),
    "all of a module": ("os.__dict__", "import os\nX = vars(os)\n"),
    "walrus": ("sys.modules", "if (s := __import__('sys')):\n    X = s.modules\n"),
    "frame": ("sys._getframe", "import sys\nX = sys._getframe(1)\n"),
    "inspect": ("inspect.stack", "from inspect import stack as s\nX = s()\n"),
    "traceback": ("traceback.walk_stack", "import traceback as t\nX = t.walk_stack(None)\n"),
    "frames of an error": ("tb_frame", "def f(e):\n    return e.__traceback__.tb_frame\n"),
    "argv in a library": ("sys.argv", "from sys import argv\ndef f(x):\n    return 'x' in argv\n"),
    "words the interpreter was begun with": ("sys.orig_argv", "import sys\nX = sys.orig_argv\n"),
    "environment": ("the setting PYTEST_CURRENT_TEST", "import os\nX = os.environ.get('PYTEST_CURRENT_TEST')\n"),
    "all of the environment": ('"PYTEST"', "import os\nX = any(n.startswith('PYTEST') for n in os.environ)\n"),
    "environment of CI": ("the setting CI", "from os import environ as e\nX = 'CI' in e\n"),
    "environment by item": ("the setting CI", "import os\nX = os.environ['C' + 'I']\n"),
    "environment by getenv": ("the setting APP_TEST_MODE", "from os import getenv as g\nX = g('APP_TEST_MODE')\n"),
    "the runner's module": ("_pytest.runner", "import importlib\nX = importlib.import_module('_py' + 'test.runner')\n"),
    "the runner's name": ('"pytest"', "from importlib.util import find_spec\nX = find_spec('pytest')\n"),
    "finders": ("sys.meta_path", "import sys\nX = sys.meta_path\n"),
    "handlers": ("logging.root.handlers", "import logging\nX = logging.getLogger().handlers\n"),
    "type of the output": ("sys.stdout.__class__", "import sys\nX = type(sys.stdout)\n"),
    "the process": ('"/proc/self"', "X = open('/proc/self/cmdline').read()\n"),
    "where tests lie": ("where tests lie", "import os\nX = os.path.isdir('tests')\n"),
    "where tests lie, as a path": ("where tests lie", "from pathlib import Path\nX = (Path() / 'tests' / 'test_app.py').exists()\n"),
    "main": ("__main__", "import __main__\n"),
    "eval": ("builtins.eval", "X = eval('1 + 1')\n"),
    "a made up module": ("an import under a name that is made up", "X = __import__(max(['a', 'b']))\n"),
    "ends it": ("os._exit", "import os\nX = getattr(os, '_' + 'exit')\n"),
    "becomes another": ("os.execv", "import atexit, os\natexit.register(os.execv, '/bin/true', ['true'])\n"),
    "patches": ("builtins.AssertionError made another", "import builtins as b\nb.AssertionError = ValueError\n"),
    "patches by setattr": ("os.path.exists made another", "import os\nsetattr(os.path, 'exists', bool)\n"),
    "equals everything": ("__eq__ that always holds", "class A:\n    def __eq__(self, other):\n        return True\n"),
    "equals everything, made": ("__eq__ that always holds", "X = type('A', (int,), {'__eq__': lambda a, b: True})\n"),
    "a day": ("a day that is written down", "import time\nX = time.time() < 1900000000\n"),
    "a date": ("a day that is written down", "from datetime import date\nX = date.today() >= date(2030, 1, 1)\n"),
    "too deep": ("what is nested too deeply to be read", "x = a" + ".b" * 3000 + "\n"),
}  # fmt: skip


@pytest.mark.parametrize("name", LOOKS)
def test_what_is_reached_is_told_by_whatever_name(name: str) -> None:
    what, source = LOOKS[name]
    places = reached(source)
    assert places is not None and what in {place.what for place in places}
    assert asked(source)


HONEST = {
    "a command line": "import sys\ndef main():\n    return len(sys.argv[1:])\nif __name__ == '__main__':\n    sys.exit(main())\n",
    "a setting": "import os\nX = os.environ.get('APP_SIZE', '')\nY = os.environ['HOME']\nZ = {**os.environ, 'A': 'b'}\n",
    "itself": "import sys\nX = sys.modules[__name__]\ndef f(c):\n    return sys.modules[c.__module__]\n",
    "a plugin": "import importlib\ndef load(name):\n    return getattr(importlib.import_module(name), 'setup')\n",
    "the version": "import sys\nX = sys.version_info >= (3, 9)\nsys.exit(0)\n",
    "the signature": "import inspect\ndef f(g):\n    return inspect.signature(g)\n",
    "a log": "import logging\nlog = logging.getLogger(__name__)\nlog.propagate = False\nlog.handlers.clear()\n",
    "the output": "import sys\nsys.stdout.write('x')\nX = sys.stdout.isatty()\n",
    "the traceback": "import traceback\ntraceback.print_exc()\ndef f(e):\n    raise ValueError from e.with_traceback(None)\n",
    "equality": "class A:\n    def __eq__(self, other):\n        return True if self is other else self.x == other.x\n",
    "a clock": "import time\ndef f(until):\n    return time.time() < until and time.time() - 60 > 0\n",
    "words": "'''How pytest finds this: os._exit, sys.modules.'''\n# sys._getframe\nX = 'latest'\n",
    "words about tests": "X = {'train': 1, 'test': 2}\nY = 'contest'\n",
    "its own attributes": "import copy\ndef __copy__(self):\n    copy = A.__copy__(self)\n    copy.x = 1\n    return copy\n",
    "given a module": "import json\ndef f(json):\n    json.indent = 2\n",
    "a folder": "import os\nfrom pathlib import Path\nX = os.path.isdir('data')\nY = Path('a') / 'latest'\n",
    "compiled": "import re\nX = re.compile('a')\ndef f(model):\n    return model.eval()\n",
}  # fmt: skip


@pytest.mark.parametrize("name", HONEST)
def test_honest_code_is_let_alone(name: str) -> None:
    assert not asked(HONEST[name]), reached(HONEST[name])


def test_a_program_that_looks_for_a_test_in_its_words_is_asked_about() -> None:
    main = "import sys\nif __name__ == '__main__':\n    sys.exit(len(sys.argv))\n"
    assert not asked(main)
    assert asked(main + "FAST = 'test' in sys.argv[0]\n")


def test_a_library_does_not_become_a_program_by_the_change_that_reads_the_words() -> None:
    library = "def f():\n    return 1\n"
    assert asked(library + "import sys\nX = sys.argv\nif __name__ == '__main__':\n    f()\n", before=library)


def test_only_what_is_new_is_asked_about() -> None:
    old = "import sys\ndef f():\n    return sys.modules.get('a')\n"
    assert not asked(old + "\n\ndef g():\n    return 2\n", before=old)
    assert asked(old + "\n\ndef g():\n    return vars(sys)['modules']\n", before=old), "once more is new"


def test_what_moves_to_another_file_is_not_new() -> None:
    code = "import sys\nX = sys.modules\n"
    moved = (FileText("a.py", code, "Y = 1\n"), FileText("b.py", None, code))
    assert awareness(moved).outcome is GateOutcome.passed


def test_tests_may_know_that_they_are_tests() -> None:
    assert not asked("import pytest\nimport sys\nX = sys.modules\n", path="tests/test_app.py")


def test_what_python_cannot_read_is_read_by_its_words() -> None:
    assert reached("def (:\n") is None
    assert asked("def (:\nos._exit(0)\n")


def test_long_chains_cost_no_time() -> None:
    chain = "x = a" + ".get('b')" * 60 + "\ny = " + "+".join(["'a'"] * 300) + "\n"
    assert reached(chain) == ()
