"""Refusals on forms: what the domain did not grant stands at the field that it is about.

try:
    refusals.check(form)
    ...
    return redirect(...)
except Refusal as refusal:
    status = refusals.show(form, refusal)
return render_template(..., form=form), status
"""

from __future__ import annotations

from wtforms.form import BaseForm

from ..core.errors import Locked, Missing, Refusal


def check(form: BaseForm) -> None:
    """Raise Refusal when something that was typed cannot stand; the form's fields say what."""
    if not form.validate():
        raise Refusal("")


def show(form: BaseForm, refusal: Refusal) -> int:
    """Put the words on the form, to be shown again with what was typed; returns the status of that page.

    What is missing or not allowed has a page of its own: it is raised again.
    """
    if isinstance(refusal, (Missing, Locked)):
        raise refusal
    if refusal.field and refusal.field in form:
        field = form[refusal.field]
        field.errors = [*field.errors, refusal.words]
    elif refusal.words:
        form.form_errors.append(refusal.words)
    return refusal.status
