"""The demo: an invented maker of pumps, told day by day through the same actions as the pages use."""
