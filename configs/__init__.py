"""Shipped configuration: scenarios, markets, personas, journeys and strategies, one YAML file each.

The schema is the dataclasses of :mod:`agents` and :mod:`sim`; this package only says where the files lie.
"""

from pathlib import Path

__all__ = ["FOLDER"]

FOLDER = Path(__file__).resolve().parent
