"""Whom a group is made of. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Audience:
    """Every condition holds for the same child, except `unpaid`, which is the family's.

    `activity`: a child is enrolled in it; `school`: goes there; `date`: has a place that day (in that activity, if one is named);
    `unpaid`: the family has an invoice that is past its date.
    """

    activity: str | None = None
    school: str | None = None
    date: str | None = None
    unpaid: bool = False

    @property
    def empty(self) -> bool:
        return not (self.activity or self.school or self.date or self.unpaid)


def query(audience: Audience, service: str, today: str) -> tuple[str, list[object]]:
    """SQL that gives ``id``, ``file_number`` and ``file_label`` of the families, and its values.

    `service`: places of other services are none of this one's business; the régie's group may be of any.
    """
    sql, values = "SELECT f.id, f.file_number, f.file_label FROM family f WHERE 1 = 1", list[object]()
    child, of_child = [], list[object]()
    if audience.school:
        child.append("c.school = ?")
        of_child.append(audience.school)
    if audience.activity:
        child.append("EXISTS (SELECT 1 FROM enrolment e WHERE e.child_id = c.id AND e.activity_id = ? AND e.until >= ?)")
        of_child += [audience.activity, today]
    if audience.date:
        place = "u.activity_id = ?" if audience.activity else "(? = 'regie' OR a.service_id = ?)"
        child.append(
            "EXISTS (SELECT 1 FROM booking b JOIN opening o ON o.id = b.opening_id JOIN unit u ON u.id = o.unit_id"
            f" JOIN activity a ON a.code = u.activity_id WHERE b.child_id = c.id AND b.state = 'booked' AND b.date = ? AND {place})"
        )
        of_child += [audience.date, *([audience.activity] if audience.activity else [service, service])]
    if child:
        sql += f" AND f.id IN (SELECT fc.family_id FROM family_child fc JOIN child c ON c.id = fc.child_id WHERE {' AND '.join(child)})"
        values += of_child
    if audience.unpaid:
        sql += (
            " AND f.id IN (SELECT i.family_id FROM invoice i WHERE i.kind = 'invoice' AND i.due_on < ?"
            " AND i.total_cents > COALESCE((SELECT SUM(l.cents) FROM ledger_entry l WHERE l.invoice_id = i.id), 0))"
        )
        values.append(today)
    return sql + " ORDER BY f.file_label, f.file_number, f.id", values
