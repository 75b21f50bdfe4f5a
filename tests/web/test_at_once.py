"""How many requests are worked on at once, and that a stream isn't one of them."""

from __future__ import annotations

import threading

from core.web.at_once import AtOnce

SOON = 10.0


def test_no_more_than_so_many_are_inside_and_all_have_their_turn():
    inside, most, done = 0, 0, []
    lock, hold = threading.Lock(), threading.Semaphore(0)

    def app(environ, start_response):
        nonlocal inside, most
        with lock:
            inside += 1
            most = max(most, inside)
        assert hold.acquire(timeout=SOON)
        with lock:
            inside -= 1
            done.append(environ["n"])
        return [b""]

    bounded = AtOnce(app, 3)
    threads = [threading.Thread(target=bounded, args=({"n": n}, None)) for n in range(9)]
    for thread in threads:
        thread.start()
    for _ in threads:
        hold.release()
    for thread in threads:
        thread.join(SOON)
    assert (most <= 3, sorted(done)) == (True, list(range(9)))


def test_what_began_its_answer_is_outside_and_so_is_what_failed():
    def app(environ, start_response):
        if environ["fails"]:
            raise KeyError
        return iter([b"for", b"ever"])

    bounded = AtOnce(app, 1)
    answers = []
    for fails in (True, False, True, False):
        try:
            answers.append(bounded({"fails": fails}, lambda *_: None))
        except KeyError:
            answers.append(None)
    assert [answer is None for answer in answers] == [True, False, True, False]
