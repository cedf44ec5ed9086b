"""Checksums and tokens that the standard library lacks: crc32c, RS256 as a verifier. For tests/stores/fault_store.py."""
import base64
import hashlib
import json

CASTAGNOLI = 0x82F63B78  # reflected, without x^32


def _times_x(value):
    """One polynomial below x^32, reflected (bit 31 is x^0), times x."""
    return (value >> 1) ^ (CASTAGNOLI if value & 1 else 0)


def _times(a, b):
    total = 0
    for bit in range(31, -1, -1):  # x^0 of b first
        if b >> bit & 1:
            total ^= a
        a = _times_x(a)
    return total


def _x_to(power):
    result, base = 1 << 31, 1 << 30  # 1 and x
    while power:
        if power & 1:
            result = _times(result, base)
        base = _times(base, base)
        power >>= 1
    return result


known = {}  # sha256 of larger bodies -> their crc32c: the same ones come again and again


def crc32c(data):
    if len(data) < 4096:
        return crc32c_of(data)
    name = hashlib.sha256(data).digest()
    if name not in known:
        known[name] = crc32c_of(data)
    return known[name]


def crc32c_joined(front, back, back_bytes):
    """That of two pieces from theirs: the front's, as many bytes further on."""
    return _times(front, _x_to(8 * back_bytes)) ^ back


def crc32c_of(data):
    """Long division by halving: the front half times what its distance leaves over P, added to the back half, until little is left. Shifts of
    one large number run at the speed of memory, where a table a byte would take seconds for a part."""
    bits = 8 * len(data) + 32
    number = int.from_bytes(data, "little") ^ 0xFFFFFFFF
    while bits > 256:
        front = (bits - 31) // 2
        back = bits - front
        factor, head = _x_to(back), number & ((1 << front) - 1)
        number >>= front
        for power in range(32):
            if factor >> (31 - power) & 1:
                number ^= head << (back - front - power)
        bits = back
    for _ in range(bits - 32):
        if number & 1:
            number ^= CASTAGNOLI << 1 | 1
        number >>= 1
    return number ^ 0xFFFFFFFF


def crc32c_text(data):
    return text_of(crc32c(data))


def text_of(crc):
    return base64.b64encode(crc.to_bytes(4, "big")).decode()


def learn_whole(pieces, whole):
    """Notes the crc32c of a whole whose pieces are known."""
    total = 0
    for piece in pieces:
        total = crc32c_joined(total, crc32c(piece), len(piece))
    known[hashlib.sha256(whole).digest()] = total


def sha256_text(data):
    return base64.b64encode(hashlib.sha256(data).digest()).decode()


# ---- a private key in PEM: only its public half is taken from it ---------------------------------------------------------

def _item(data, at):
    """(tag, first byte of the value, first byte behind it) of one DER item."""
    tag, size, at = data[at], data[at + 1], at + 2
    if size & 0x80:
        count = size & 0x7F
        size, at = int.from_bytes(data[at:at + count], "big"), at + count
    return tag, at, at + size


def _integers(data, at):
    """The first three integers of an RSAPrivateKey: version, modulus, exponent."""
    found = []
    _, at, _ = _item(data, at)
    while len(found) < 3:
        tag, start, end = _item(data, at)
        if tag != 2:
            raise ValueError("no integer where one must be")
        found.append(int.from_bytes(data[start:end], "big"))
        at = end
    return found


def public_half(pem):
    """(modulus, exponent) of an RSA key in PKCS#8 or PKCS#1."""
    der = base64.b64decode("".join(line for line in pem.splitlines() if not line.startswith("-----")))
    if "BEGIN RSA PRIVATE KEY" in pem:
        return tuple(_integers(der, 0)[1:])
    _, at, _ = _item(der, 0)
    _, _, at = _item(der, at)  # version
    _, _, at = _item(der, at)  # algorithm
    tag, start, _ = _item(der, at)
    if tag != 4:
        raise ValueError("no PKCS#8")
    return tuple(_integers(der, start)[1:])


DIGEST_INFO = bytes.fromhex("3031300d060960864801650304020105000420")  # of SHA-256, RFC 8017 section 9.2


def rs256_holds(signed, signature, modulus, exponent):
    size = (modulus.bit_length() + 7) // 8
    if len(signature) != size:
        return False
    opened = pow(int.from_bytes(signature, "big"), exponent, modulus).to_bytes(size, "big")
    tail = DIGEST_INFO + hashlib.sha256(signed).digest()
    return opened == b"\0\1" + b"\xff" * (size - 3 - len(tail)) + b"\0" + tail


def _unpad(text):
    if "=" in text or "+" in text or "/" in text:
        raise ValueError("not base64url")
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


SCOPES = {"https://www.googleapis.com/auth/devstorage.read_write", "https://www.googleapis.com/auth/devstorage.full_control"}


def judge_assertion(text, key, now_s):
    """What is wrong with a service account's assertion ("" nothing). key: the key file's object."""
    parts = text.split(".")
    if len(parts) != 3:
        return "an assertion has three parts"
    try:
        header, claims, signature = json.loads(_unpad(parts[0])), json.loads(_unpad(parts[1])), _unpad(parts[2])
    except ValueError as error:
        return f"unreadable: {error}"
    modulus, exponent = public_half(key["private_key"])
    if header.get("alg") != "RS256" or header.get("typ") != "JWT":
        return "alg is RS256 and typ JWT"
    if header.get("kid", key["private_key_id"]) != key["private_key_id"]:
        return "an unknown kid"
    if not rs256_holds(f"{parts[0]}.{parts[1]}".encode(), signature, modulus, exponent):
        return "Invalid JWT Signature."
    if claims.get("iss") != key["client_email"]:
        return "iss is not the account"
    if claims.get("aud") != key["token_uri"]:
        return "aud is not the token endpoint"
    if not SCOPES & set(str(claims.get("scope", "")).split()):
        return "no scope that may write"
    issued, ends = claims.get("iat"), claims.get("exp")
    if not isinstance(issued, int) or not isinstance(ends, int) or ends - issued > 3600 or ends <= issued:
        return "it holds for an hour at most"
    if issued > now_s + 300 or ends < now_s:
        return "Token must be a short-lived token and in a reasonable timeframe"
    return ""
