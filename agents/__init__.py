"""WHO: customers, their traits and memory, brands, strategies, and the rules they live by.

Nothing here imports :mod:`sim`. Luck and the state of the market reach the rules as arguments.
"""

from typing import Any

__all__ = ["CustomerAgent"]


def __getattr__(name: str) -> Any:
    """Import the Mesa agent only where it is used: importing Mesa takes seconds."""
    if name == "CustomerAgent":
        from agents.mesa_agent import CustomerAgent

        return CustomerAgent
    raise AttributeError(f"module 'agents' has no attribute {name!r}")
