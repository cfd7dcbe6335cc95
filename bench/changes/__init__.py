"""The corpus of bench/escape: correct and wrong changes of packages that are not ours, as recipes; how it was drawn, and checked."""
