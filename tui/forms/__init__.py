"""What forms do without any widget: lines read and checked, requests composed."""
