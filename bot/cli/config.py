"""Settings for a command, or one clear sentence per mistake and exit 2."""

import sys

from pydantic import ValidationError
from pydantic_settings import SettingsError

from tasks.settings import Settings

USAGE = 2
"""Exit code of a usage or configuration error."""


def load_settings() -> Settings:
    """The settings of this environment. Leaves the process with exit code 2 where they are wrong; never shows a value."""
    try:
        return Settings()
    except ValidationError as wrong:
        for error in wrong.errors(include_url=False, include_input=False, include_context=False):
            name = "SORTIE_" + "__".join(str(part).upper() for part in error["loc"])
            complain("CFG-001", f"{name}: {error['msg']}.")
    except (SettingsError, ValueError, OSError) as broken:
        complain("CFG-001", f"The settings cannot be read: {broken}.")
    raise SystemExit(USAGE)


def complain(code: str, sentence: str) -> None:
    """One line on stderr: the stable code, then what is wrong."""
    sys.stderr.write(f"{code} {sentence}\n")
    sys.stderr.flush()
