"""One arm compiled to read-only numbers, and the weekly state of its market."""
