"""Which names we let near a path or a ref: repositories, runs, object ids, branches. Everything else is refused."""

import re
import unicodedata

BRANCH_PREFIX = "sortie/"

_OWNER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")
_NAME = re.compile(r"(?!\.{1,2}$)[A-Za-z0-9_.][A-Za-z0-9_.-]{0,99}")
_HOST = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,252}(:[0-9]{1,5})?")
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_OID = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
_BRANCH = re.compile(r"sortie/(?!.*\.\.)(?!.*\.lock$)[A-Za-z0-9][A-Za-z0-9._-]{0,199}(?<!\.)")
_SLUG_WORDS = 5
_SLUG_LENGTH = 48


def repo_parts(repo: str) -> tuple[str, str]:
    """("owner", "name") in lower case, as the host compares them; ValueError for anything that is no plain owner/name."""
    owner, slash, name = repo.partition("/")
    if not slash or not _OWNER.fullmatch(owner) or not _NAME.fullmatch(name) or name.lower().endswith(".git"):
        raise ValueError(f"{repo!r} is not a repository of the form owner/name")
    return owner.lower(), name.lower()


def host_part(host: str) -> str:
    """A host name, with its port if any, as one path component; ValueError otherwise."""
    if not _HOST.fullmatch(host) or ".." in host:
        raise ValueError(f"{host!r} is not a host name")
    return host.lower().replace(":", "_")


def plain_word(word: str) -> str:
    """A run id, a purpose: letters, digits, - and _ only; ValueError otherwise."""
    if not _WORD.fullmatch(word):
        raise ValueError(f"{word!r} is not a plain word")
    return word


def is_oid(text: str) -> bool:
    """Whether this is a full object id in lower case."""
    return _OID.fullmatch(text) is not None


def checked_oid(text: str) -> str:
    """The same text; ValueError when it is no full object id."""
    if not is_oid(text):
        raise ValueError(f"{text!r} is not a full object id")
    return text


def checked_branch(branch: str) -> str:
    """The same text; ValueError when it is no branch of ours: the publisher pushes to nothing else."""
    if not _BRANCH.fullmatch(branch):
        raise ValueError(f"{branch!r} is not a branch Sortie may push to")
    return branch


def branch_name(run_id: str, title: str) -> str:
    """ "sortie/R-1042-null-currency": the run and up to five words of its title, in ASCII; always a valid ref."""
    ascii_title = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode()
    words = re.findall(r"[a-z0-9]+", ascii_title.lower())[:_SLUG_WORDS]
    while words and len("-".join(words)) > _SLUG_LENGTH:
        words = words[:-1] or []
    return checked_branch(BRANCH_PREFIX + "-".join([plain_word(run_id), *words]))
