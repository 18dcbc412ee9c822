"""Policy and limits are audited like data: what has changed since the last engine is written down (G13)."""

import msgspec

from engine.audit import log
from engine.audit.log import AuditLine
from engine.policy.in_force import changes, policy_digest, policy_lines
from engine.ports import Transaction
from engine.store.authorisations import latest_time
from engine.trace.context import Context, Site

KEY = "policy"


async def note_policy(context: Context) -> None:
    """A line ``policy`` in the audit, where the rules are not those that the last such line spoke of.

    Which ones these were stands in the meta table; whether that is true is told by the digest in the
    audit itself, so that nobody hides a change by editing the table.
    """
    site = context.site
    lines = policy_lines(
        site.limits, site.laws, site.diseases.values(), site.definitions, _of_the_house(site)
    )
    await context.store.run(lambda tx: _note(context, tx, lines))


def _of_the_house(site: Site) -> dict[str, str]:
    """What the settings of the house decide: who has which role, how long what is kept and waited for,
    and by way of whom it gets each source."""
    found = {
        "profile": "rehearsal" if site.rehearsal else "server",
        "level": site.level,
        "retention.case_days": f"{site.case_days:g}",
    }
    if site.witness_silence is not None:
        found["witness.silent_h"] = f"{site.witness_silence.total_seconds() / 3600:g}"
    found |= {f"roles.{name}": ", ".join(sorted(roles)) for name, roles in site.people.items()}
    return found | {f"source.{name}": rule.authority_for(site.level) for name, rule in site.sources.items()}


async def _note(context: Context, tx: Transaction, lines: dict[str, str]) -> None:
    digest = policy_digest(lines)
    audited = await _last_audited(tx)
    if audited == digest:
        return
    row = await tx.row("SELECT value FROM meta WHERE key = ?", (KEY,))
    before = msgspec.json.decode(row["value"], type=dict[str, str]) if row else {}
    known = not audited or policy_digest(before) == audited
    detail = changes(before if known else {}, lines) | {"digest": digest}
    if not known:
        detail["before"] = "unknown: the note of it was changed"
    await log.append(
        tx,
        at=await latest_time(tx, context.clock),
        person="engine",
        action="policy",
        object_id="policy",
        outcome="changed" if audited else "first",
        detail=detail,
    )
    await tx.execute(
        "INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        (KEY, msgspec.json.encode(lines).decode()),
    )


async def _last_audited(tx: Transaction) -> str:
    """The digest that the last line about the policy names; "" where there is none."""
    row = await tx.row(
        """SELECT line FROM audit WHERE line LIKE '%"action":"policy"%' ORDER BY seq DESC LIMIT 1"""
    )
    if row is None:
        return ""
    return msgspec.json.decode(row["line"], type=AuditLine).detail.get("digest", "")
