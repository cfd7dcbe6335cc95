"""The outside worlds of `sortie demo`: each answers real HTTP and imports nothing of ours."""
