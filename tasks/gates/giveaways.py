"""What tells code of a test that runs, or can end or patch it: modules, parts of modules, words and places. Pure."""

import re
import sys

from tasks.gates.reach import ANYTHING

RUNNERS = frozenset(
    {"pytest", "_pytest", "pluggy", "unittest", "nose", "coverage", "hypothesis", "xdist"}
) | {
    "ctypes",
    "faulthandler",
}
"""Modules of which product code that runs knows nothing; ctypes reaches all memory, faulthandler tells a test run."""
ALONE = frozenset(
    {f"sys.{n}" for n in ("modules", "_getframe", "_getframemodulename", "_current_frames", "settrace", "setprofile", "gettrace")}
    | {f"sys.{n}" for n in ("getprofile", "addaudithook", "monitoring", "meta_path", "path_hooks", "path_importer_cache", "orig_argv")}
    | {f"sys.{n}" for n in ("excepthook", "unraisablehook", "__stdout__", "__stderr__", "__stdin__", "last_value", "last_traceback")}
    | {f"{module}.{whole}" for module in ("sys", "os", "gc", "inspect", "builtins") for whole in (ANYTHING, "__dict__")}
    | {f"sys.{n}.__class__" for n in ("stdout", "stderr", "stdin")}
    | {f"inspect.{n}" for n in ("stack", "currentframe", "trace", "getouterframes", "getinnerframes", "getframeinfo")}
    | {f"traceback.{n}" for n in ("extract_stack", "walk_stack", "print_stack", "format_stack", "walk_tb", "StackSummary")}
    | {f"gc.{n}" for n in ("get_objects", "get_referrers", "get_referents", "callbacks")}
    | {f"os.{n}" for n in ("_exit", "abort", "getppid")}
    | {f"os.exec{n}" for n in ("l", "le", "lp", "lpe", "v", "ve", "vp", "vpe")}
    | {"logging.root.handlers", "warnings.filters", "threading.excepthook", "threading.settrace", "threading.setprofile"}
    | {"builtins.eval", "builtins.exec", "__main__"}
)  # fmt: skip
"""What tells of a test that runs, or can end it, wherever it stands; some of it has honest uses, so a person looks."""
FRAMES = frozenset({"tb_frame", "f_back", "f_code", "f_globals", "f_locals", "co_filename"}) | {
    f"{kind}_frame" for kind in ("gi", "cr", "ag")
}
"""Attributes that only frames have, and what runs in them."""
NAMED = frozenset({"SkipTest", "PYTEST_CURRENT_TEST", "PYTEST_VERSION", "__tracebackhide__"})
WORDS = re.compile(
    r"pytest|PYTEST|\bunittest\b|\bpluggy\b|\bconftest\b|/proc/(?:self|\d)|\bSkipTest\b|(?i:\bnosetests?\b)"
)
"""In a text of product code; what is only said, as in a docstring, is left out."""
TESTING = re.compile(r"(?i)test")
SETTING = re.compile(
    r"PYTEST|(?:^|_)(?:UNIT)?TEST(?:S|ING|_MODE)?(?:_|$)|^CI$|^(?:GITHUB_ACTIONS|GITLAB_CI|TRAVIS|JENKINS_URL|BUILDKITE|TF_BUILD|TOX_ENV_NAME|COVERAGE_RUN)$",
    re.I,
)
"""Settings that are there because somebody tests."""
PLACE = re.compile(
    r"(?:^|/)(?:tests?|conftest(?:\.py)?|test_[\w*]*(?:\.py)?|[\w*]*_test\.py|\.pytest_cache|pytest\.ini|tox\.ini)(?:/|$)"
)
"""Where tests lie, for something that looks at files:"""
LOOKS = re.compile(
    r"os\.(?:path\.(?:exists|lexists|isdir|isfile|getmtime|getsize)|listdir|scandir|walk|stat|access)|pathlib\.\w*Path|glob\.i?glob|builtins\.open"
)
CLOCKS = re.compile(
    r"time\.(?:time|time_ns|gmtime|localtime|strftime)|datetime\.(?:datetime\.(?:now|utcnow|today)|date\.today)"
)
"""What gives the time."""
PATCHED = frozenset(sys.stdlib_module_names) | {"pytest", "_pytest", "pluggy"}
"""Modules that are not the change's own: what makes a part of one another may patch its test."""
LONG_AGO = 10**8
"""A number that is compared to a clock and is larger is a day."""
