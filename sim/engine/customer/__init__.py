"""What one customer does and feels in a week, on its record; :mod:`sim.engine.block` says when.

The readable twin is :class:`agents.customer.Customer`; both call the rules of :mod:`agents.rules` with the same luck.
``customer`` is a record of :func:`agents.population.customer_record`; uniforms are arguments, and where
there is one per brand they stand in a column of draws, ``lane``.
"""
