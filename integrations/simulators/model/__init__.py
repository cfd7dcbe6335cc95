"""An Anthropic Messages API that answers real HTTP from a script of real tool calls (docs/model-scripts.md)."""
