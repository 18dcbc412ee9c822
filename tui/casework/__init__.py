"""The work at the desk without any widget: triage, the line list, the board, the time cursor."""
