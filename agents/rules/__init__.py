"""The rulebook: scalar rules, numbers in and number out, called by both engines.

A rule has no loop, no allocation, no generator and no configuration. All arithmetic is IEEE double in a written order.
"""
