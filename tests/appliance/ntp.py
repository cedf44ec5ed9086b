"""A time server of our own: answers SNTP on loopback with this machine's time, or one that is shifted."""
import socket
import struct
import threading
import time

SINCE_1900 = 2208988800


def stamp(seconds):
    whole = int(seconds)
    return struct.pack("!II", whole & 0xFFFFFFFF, int((seconds - whole) * 2 ** 32))


class TimeServer(threading.Thread):
    def __init__(self, shift_s=0.0):
        super().__init__(daemon=True)
        self.shift_s, self.asked, self.silent = shift_s, 0, False
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.start()

    def now(self):
        return time.time() + self.shift_s + SINCE_1900

    def run(self):
        while True:
            try:
                asked, who = self.socket.recvfrom(512)
            except OSError:
                return
            received = self.now()
            self.asked += 1
            if len(asked) < 48 or self.silent:
                continue
            head = struct.pack("!BBbb", 4 << 3 | 4, 1, 4, -20) + struct.pack("!II4s", 0, 16, b"TEST")
            answer = head + stamp(received - 1) + asked[40:48] + stamp(received) + stamp(self.now())
            try:
                self.socket.sendto(answer, who)
            except OSError:
                return

    def stop(self):
        self.socket.close()
