"""How each kind of effect is carried out: one function per kind, (moment, ports) → the event that records its result."""
