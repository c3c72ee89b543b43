"""slacli: the agreement between Sales and Marketing, versioned, signed and checked."""

__version__ = "0.1.0"
