"""A closed loop of HTTP questions, each on a connection of its own.

For servers that end an answer by closing: wrk takes that for an error, and
connects twice. One thread and one epoll; how much of a core it takes is told,
so that one can see that it is not what limits.
"""

import select
import socket
import time

ANSWER_BYTES = 4096
LAST_SECONDS = 10  # for the answers that come late
GOOD = b"\r\nstatus=OK\r\n"


class Question:
    """One question under way."""

    def __init__(self, address, request):
        self.begin = time.perf_counter()
        self.answer = b""
        self.socket = socket.socket()
        self.socket.setblocking(False)
        self.socket.connect_ex(address)
        self._request = request

    def send(self):
        self.socket.send(self._request)

    def is_ended(self):
        """Reads; true when the server has closed."""
        read = self.socket.recv(ANSWER_BYTES)
        self.answer += read
        return not read


class ClosingLoad:
    """What wrk and its script tell, in the same words."""

    def __init__(self, address, requests):
        host, port = address.rsplit(":", 1)
        self._address = host, int(port)
        self._requests = iter(requests)
        self._poll = select.epoll()
        self._under_way = {}
        self._micros = []
        self.told = {"asked": 0, "good": 0, "bad": 0, "first_bad": ""}

    def _ask(self):
        request = next(self._requests, None)
        self.told["asked"] += 1
        if request is None:
            return
        question = Question(self._address, request)
        self._under_way[question.socket.fileno()] = question
        self._poll.register(question.socket, select.EPOLLOUT)

    def _go_on(self, number, event):
        """True when the question is answered."""
        question = self._under_way[number]
        if event & select.EPOLLOUT:
            question.send()
            self._poll.modify(number, select.EPOLLIN)
            return False
        if not question.is_ended():
            return False
        self._count(question)
        del self._under_way[number]
        self._poll.unregister(number)
        question.socket.close()
        return True

    def _count(self, question):
        self._micros.append((time.perf_counter() - question.begin) * 1e6)
        if GOOD in question.answer:
            self.told["good"] += 1
        else:
            self.told["bad"] += 1
            self.told["first_bad"] = (self.told["first_bad"]
                                      or question.answer.decode("latin-1"))

    def _poll_until(self, end, go_on):
        """Hands events on until the time is over or nothing is under way."""
        while self._under_way and (now := time.perf_counter()) < end:
            for number, event in self._poll.poll(end - now):
                if self._go_on(number, event):
                    go_on()

    def run(self, connections, seconds):
        """What was told. The last question on each connection does not count,
        but its answer is awaited: yubiserver dies of clients that leave."""
        begin = time.perf_counter()
        for _ in range(connections):
            self._ask()
        self._poll_until(begin + seconds, self._ask)
        taken = time.perf_counter() - begin
        told = dict(self.told)
        micros = sorted(self._micros) or [0]
        self._poll_until(time.perf_counter() + LAST_SECONDS, lambda: None)
        self._poll.close()
        return {**told, "seconds": taken, "p50_us": micros[len(micros) // 2],
                "p99_us": micros[len(micros) * 99 // 100]}
