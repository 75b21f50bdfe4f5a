"""A third party's plugin with a bot: it asks a model over HTTP."""

from typing import Any

from core.api import Answer, Ask, Manifest, hookimpl

manifest = Manifest(name="clerk", title="Clerk", version="1.0", core=">=0.1,<0.2")


class Clerk:
    """Sends what was said to an address, says what comes back."""

    name, label, hint, icon = "clerk", "Clerk", "Asks a model.", "robot"

    def asks(self, session: Any) -> Any:
        return [Ask(name="url", label="Address")]

    def check(self, session: Any, values: Any) -> dict[str, Any]:
        return {"url": values.get("url", "").strip()}

    def prepare(self, session: Any, values: Any) -> dict[str, Any]:
        return {**values, "tenant": session.tenant_id}

    def answer(self, turn: Any) -> Answer | None:
        if turn.http is None:
            return Answer(text="…")
        asked = {
            "text": turn.text,
            "past": [[each.is_ours, each.text] for each in turn.past],
            "name": turn.variables["contactname"],
            "seen": turn.memory.get("seen", 0),
        }
        found = turn.http.request(
            "POST", turn.settings["url"], json=asked, headers={"Idempotency-Key": turn.key}
        )
        if found.status_code != 200:
            raise ValueError(f"The model answered {found.status_code}.")
        return Answer(text=f"{asked['seen'] + 1}: {turn.text}", memory={"seen": asked["seen"] + 1})


@hookimpl
def bots() -> list[Clerk]:
    return [Clerk()]
