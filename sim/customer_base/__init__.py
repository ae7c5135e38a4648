"""Models of a customer base: buy till you die, spending, retention and their forecasts."""
