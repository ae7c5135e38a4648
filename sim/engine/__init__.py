"""The fast engine: one customer's week on columns, and the loops over customers and weeks.

Arguments that recur in its functions:

world : sim.world.world.World
    One arm as read-only numbers.
market : sim.world.market.MarketState
    Reputation, salience, delight and adoption of this week.
workspace : sim.engine.workspace.Workspace
    Scratch memory and clock of the partition.
counters : sim.record.counters.Counters
    What the customers of the partition leave behind.
population : agents.population.Population
    Records of the partition's customers, and when they are due.
customer : record of agents.population.customer_record
    One of them.
customer_id : int
    Its number in the whole population, a key of its luck.
"""
