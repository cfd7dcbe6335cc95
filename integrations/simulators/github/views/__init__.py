"""JSON as GitHub writes it, one function per schema."""
