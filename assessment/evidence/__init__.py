"""Evidence beside opinion: the register of data assets and the roster."""
