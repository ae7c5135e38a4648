"""The one error a user of the simulator meets: it names the place, what was found and what is accepted."""

__all__ = ["ConfigError"]


class ConfigError(ValueError):
    """Bad input: a configuration key, a file or a name that cannot be used.

    The message names the key or file, the value found, and the remedy; the command line prints it alone and
    ends with status 2.
    """
