"""Discovery: from an event log to a journey, its personas and how sure both are."""
