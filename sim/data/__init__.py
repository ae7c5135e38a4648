"""What users bring: tables of purchases, survivors, targets and event logs."""
