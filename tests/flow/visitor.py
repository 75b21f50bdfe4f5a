"""A person with a browser and a program with a token, at a served desk whose parts fail."""

from __future__ import annotations

import re
import threading
from collections import Counter
from types import TracebackType
from typing import Self

import httpx

from core.services import tenants
from core.services.tenants import RoleName
from core.testing.installation import Installation

PASSWORD = "rahasia-123"
READS = ("/", "/inbox/", "/api/v1/customer/", "/login/")


class Visitor:
    """An admin of the tenant, logged in on the page and over REST."""

    def __init__(self, house: Installation, url: str) -> None:
        email = "rina@toko.example"
        with house.desk.database.system() as session:
            user = tenants.find_user(session, email)
            if user is None:
                user = tenants.create_user(session, email, password=PASSWORD, first_name="Rina")
                tenant = tenants.find_tenant(session, "toko")
                assert tenant is not None
                tenants.add_member(session, tenant, user, [RoleName.ADMIN])
        self._client = httpx.Client(base_url=url, timeout=30, trust_env=False)
        page = self._client.get("/login/").text
        found = re.search(r'name="csrf[_-]token"[^>]*(?:value|content)="([^"]+)"', page)
        assert found, page[:500]
        form = {"username": email, "password": PASSWORD, "csrf_token": found[1]}
        assert self._client.post("/login/", data=form).status_code == 302
        claim = {"username": email, "password": PASSWORD, "provider": "db"}
        answer = httpx.post(f"{url}/api/v1/security/login", json=claim, trust_env=False)
        assert answer.status_code == 200, answer.text
        self._bearer = {"Authorization": f"Bearer {answer.json()['access_token']}"}

    def get(self, path: str) -> httpx.Response:
        headers = self._bearer if path.startswith("/api/") else {}
        return self._client.get(path, headers=headers)

    def create(self, name: str) -> httpx.Response:
        """Enter a customer over REST."""
        return self._client.post("/api/v1/customer/", json={"name": name}, headers=self._bearer)

    def close(self) -> None:
        self._client.close()


class Watch:
    """Reads pages over and over while something is wrong. `statuses` by path, 0: no answer."""

    def __init__(self, visitor: Visitor, paths: tuple[str, ...] = READS) -> None:
        self._visitor, self._paths = visitor, paths
        self.statuses: Counter[tuple[str, int]] = Counter()
        self.bodies: set[str] = set()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        self._stopping.set()
        self._thread.join(60)

    @property
    def seen(self) -> set[int]:
        return {status for _, status in self.statuses}

    def _look(self) -> None:
        while not self._stopping.wait(0.05):
            for path in self._paths:
                try:
                    answer = self._visitor.get(path)
                except httpx.TransportError:
                    self.statuses[path, 0] += 1
                    continue
                self.statuses[path, answer.status_code] += 1
                if answer.status_code >= 500:
                    self.bodies.add(answer.text)
