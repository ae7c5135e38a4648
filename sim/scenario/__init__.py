"""What is asked: scenarios and journeys, read from files, checked, and changed by dotted key."""
