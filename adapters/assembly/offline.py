"""What commands do without an engine: look at geometry, put a backup or keys back, set a passphrase."""

from engine.policy.geometry import doubts as doubts
from engine.store.restoring import restore as restore
from engine.vault.copy import restore_keys as restore_keys
from engine.vault.unseal import set_passphrase as set_passphrase
