"""The as-of labeler, the incremental scaler and the logistic regression of SPEC 2.2 and 2.3, by their recurrences; one model of one symbol.
Predictions come out as dicts named like the columns of table `predictions`."""
import math
from collections import deque

EPSILON = 2.220446049250313e-16


def sigmoid(x):
    return 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x))


class Sgd:
    def __init__(self, count, eta=0.01, alpha=0.0001):
        self.eta, self.alpha, self.steps, self.c = eta, alpha, 0, 0.0
        self.n, self.mean, self.m2, self.w = 0, [0.0] * count, [0.0] * count, [0.0] * count

    def scaled(self, x):
        out = []
        for value, mean, m2 in zip(x, self.mean, self.m2):
            v = m2 / self.n if self.n else 0.0
            constant = v <= self.n * EPSILON * v + (self.n * mean * EPSILON)**2
            out.append((value - mean) / (1.0 if constant else math.sqrt(v)))
        return out

    def probability(self, x):
        if self.steps == 0:
            return 0.5
        return sigmoid(math.fsum([w * z for w, z in zip(self.w, self.scaled(x))] + [self.c]))

    def train(self, x, y):
        n = self.n
        for j, value in enumerate(x):
            off = value - self.mean[j]
            self.mean[j] = (self.mean[j] * n + value) / (n + 1)
            self.m2[j] += n / (n + 1) * off**2
        self.n += 1
        z = self.scaled(x)
        margin = math.fsum([a * b for a, b in zip(self.w, z)] + [self.c])
        step = -self.eta * max(-1e12, min(1e12, sigmoid(margin) - y))
        self.w = [w * max(0.0, 1 - self.eta * self.alpha) + step * a for w, a in zip(self.w, z)]
        self.c += step
        self.steps += 1


class Model:
    """event() for each firing book event, due() at each tick, flush() when the book is lost or the recorder stops."""

    def __init__(self, name, horizon_ms, inputs, gap_ms=2000, tau=0.0001, ring=1000, compat=False, trainer=Sgd):
        self.compat = compat
        self.name, self.horizon_ms, self.names = name, horizon_ms, inputs
        self.horizon_ns, self.gap_ns, self.tau, self.ring = horizon_ms * 10**6, gap_ms * 10**6, tau, ring
        self.sgd = trainer(len(inputs))
        self.samples, self.mids = deque(), []  # mids: (receive time, mid) of every update
        self.classes, self.out = [0, 0], []

    def event(self, key, recv_ns, mid, values):
        """mid as a pair of integers (numerator, denominator)."""
        inputs = [values[name] for name in self.names]
        known = None not in inputs
        probability = self.sgd.probability(inputs) if known else None
        sample = {"key": key, "recv_ns": recv_ns, "twice": mid, "inputs": inputs if known else None, "probability": probability,
                  "prediction": int(probability >= 0.5) if known else None, "ready": min(self.classes) >= 100}
        if len(self.samples) == self.ring:
            self.give(self.samples.popleft(), "evicted")
        self.samples.append(sample)
        if self.compat:
            self.oldest(recv_ns, mid)
            return
        self.due(recv_ns)  # what is in force until this update
        self.mids.append((recv_ns, mid))

    def oldest(self, now_ns, mid):
        """As QuoteWatch: one look at the oldest sample an update, and the newest mid is its later one."""
        if now_ns - self.samples[0]["recv_ns"] >= self.horizon_ns:
            self.label(self.samples.popleft(), mid, now_ns)

    def flush(self, why):
        while self.samples:
            self.give(self.samples.popleft(), why)
        self.mids = []

    def due(self, now_ns):
        """All whose horizon lies before now: no update can come any more that would still count."""
        while not self.compat and self.samples and self.samples[0]["recv_ns"] + self.horizon_ns < now_ns:
            sample = self.samples.popleft()
            until = sample["recv_ns"] + self.horizon_ns
            recv, later = max(((i, m) for i, m in enumerate(self.mids) if m[0] <= until), key=lambda x: x[0])[1]
            if recv <= until - self.gap_ns:
                self.give(sample, "stale")
                continue
            self.label(sample, later, now_ns)
        while len(self.mids) > 1 and self.samples and self.mids[1][0] <= self.samples[0]["recv_ns"]:
            del self.mids[0]

    def label(self, sample, later, now_ns):
        mid = sample["twice"]
        change = abs(later[0] - mid[0]) / mid[0] if mid[0] else 0.0
        label = int(change > self.tau)
        extra = {"label": label, "labeled_at": now_ns // 1000, "mid_later": later[0] / later[1], "change_pct": change * 100}
        self.give(sample, "labeled", extra)
        if sample["inputs"] is not None:
            self.sgd.train(sample["inputs"], label)
            self.classes[label] += 1

    def give(self, sample, reason, extra=None):
        row = {"key": (sample["key"], self.name, self.horizon_ms), "prediction": sample["prediction"],
               "probability": sample["probability"], "ready": sample["ready"], "label": None, "labeled_at": None, "reason": reason, "mid": sample["twice"][0] / sample["twice"][1], "mid_later": None,
               "change_pct": None, "samples_total": self.sgd.steps}
        self.out.append(row | (extra or {}))
