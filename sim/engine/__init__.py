"""The fast engine: one customer's week on columns, and the loops over customers and weeks."""
