"""What commands do without an engine: look at a site's geometry, put a backup back."""

from engine.policy.geometry import doubts as doubts
from engine.store.restoring import restore as restore
