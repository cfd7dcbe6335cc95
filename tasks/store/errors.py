"""How the store says no."""


class StoreDown(Exception):
    """SQL cannot be reached or refuses to answer now; nothing was stored."""


class Busy(StoreDown):
    """Somebody else holds what this wanted to write, and does not let go, or two waited for each other; nothing was stored."""


class LeaseLost(Exception):
    """Another driver holds this stream now; whatever this one still wants to write is refused."""
