"""
Writes test/vectors/commitment.json and test/vectors/claim.json: `python3 scripts/vectors/commitments.py`. Everything is worked
out here from docs/STATEMENT.md, in another language than the library's, Poseidon's constants included; nothing is imported
from it. Quantities, salts, listing digest and the openings' words of quantities stay what the files had before.
"""
import json
import random

R = 21888242871839275222246405745257275088548364400416034343698204186575808495617
PARTIAL_ROUNDS = [56, 57, 56, 60, 60, 63, 64, 63, 60, 66, 60, 65, 70, 60, 64, 68]
FULL_ROUNDS = 8
BOOK_DOMAIN = int.from_bytes(b"zkmargin/book@2", "big")


def grain(width, partial):
    """Grain LFSR of the Poseidon paper, for x^5 over a prime field of 254 bits."""
    text = "".join(
        format(value, f"0{bits}b")
        for value, bits in ((1, 2), (0, 4), (254, 12), (width, 12), (FULL_ROUNDS, 10), (partial, 10), (2**30 - 1, 30))
    )
    state = [int(bit) for bit in text]

    def step():
        new = state[62] ^ state[51] ^ state[38] ^ state[23] ^ state[13] ^ state[0]
        state.pop(0)
        state.append(new)
        return new

    for _ in range(160):
        step()
    while True:
        if step():
            yield step()
        else:
            step()


def constants(width):
    partial = PARTIAL_ROUNDS[width - 2]
    stream = grain(width, partial)

    def number():
        value = 0
        for _ in range(254):
            value = value * 2 + next(stream)
        return value

    def element():
        while True:
            value = number()
            if value < R:
                return value

    rounds = [[element() for _ in range(width)] for _ in range(FULL_ROUNDS + partial)]
    points = [number() % R for _ in range(2 * width)]
    assert len(set(points)) == 2 * width
    matrix = [[pow(x + y, -1, R) for y in points[width:]] for x in points[:width]]
    return partial, rounds, matrix


CONSTANTS = {}


def poseidon(inputs):
    width = len(inputs) + 1
    if width not in CONSTANTS:
        CONSTANTS[width] = constants(width)
    partial, rounds, matrix = CONSTANTS[width]
    state = [0, *inputs]
    for i, constant in enumerate(rounds):
        state = [(x + c) % R for x, c in zip(state, constant)]
        full = i < FULL_ROUNDS // 2 or i >= FULL_ROUNDS // 2 + partial
        state = [pow(x, 5, R) if full or j == 0 else x for j, x in enumerate(state)]
        state = [sum(m * x for m, x in zip(row, state)) % R for row in matrix]
    return state[0]


# The test vector of the Poseidon paper's reference code.
assert poseidon([1, 2]) == 7853200120776062878684798364095072458815029376092732009249414926327459813530


def chain(words):
    digest = poseidon(words[:16])
    for at in range(16, len(words), 15):
        digest = poseidon([digest, *words[at : at + 15]])
    return digest


def quantity_words(quantities):
    return [
        sum((q + 2**65) * 2 ** (66 * i) for i, q in enumerate(quantities[at : at + 3]))
        for at in range(0, len(quantities), 3)
    ]


def sleeve_words(sleeve):
    if sleeve is None:
        return [0, 0, 0, 0, 0]
    numbers = [sleeve["value"], *sleeve["gains"], sleeve["charge"], sleeve["slack"]]
    packed = [sum(n * 2 ** (47 * i) for i, n in enumerate(numbers[at : at + 5])) % R for at in range(0, 19, 5)]
    return [*packed, sleeve["detail"]]


def words_of(listing, packed, basis, sleeve, salt):
    return [BOOK_DOMAIN, listing, *packed, basis + 2**127, *sleeve_words(sleeve), salt]


def texts(value):
    if isinstance(value, dict):
        return {key: texts(one) for key, one in value.items()}
    return [str(one) for one in value] if isinstance(value, list) else str(value)


def sleeves():
    """Sleeves by name: every number at an end, one at a time, and some at random."""
    seeded = random.Random(20210519)
    most = 2**46 - 1
    nothing = {"value": 0, "gains": [0] * 16, "charge": 0, "slack": 0, "detail": 0}
    yield "a sleeve of nothing but its detail", {**nothing, "detail": 1}
    yield "a sleeve at its top", {
        "value": most, "gains": [most] * 16, "charge": most, "slack": 2**40 - 1, "detail": 2**248 - 1,
    }
    yield "a sleeve at its bottom", {**nothing, "value": -(2**46), "gains": [-(2**46)] * 16}
    yield "a sleeve's value alone", {**nothing, "value": -1}
    for s in (0, 3, 4, 15):
        yield f"a sleeve's gain {s} alone", {**nothing, "gains": [-1 if i == s else 0 for i in range(16)]}
    yield "a sleeve's charge alone", {**nothing, "charge": 1}
    yield "a sleeve's slack alone", {**nothing, "slack": 1}
    for i in range(3):
        yield f"a random sleeve {i}", {
            "value": seeded.randrange(-(2**46), 2**46),
            "gains": [seeded.randrange(-(2**46), 2**46) for _ in range(16)],
            "charge": seeded.randrange(2**46),
            "slack": seeded.randrange(2**40),
            "detail": seeded.randrange(2**248),
        }


def write_commitments(path):
    with open(path, encoding="utf8") as file:
        known = json.load(file)
    vectors = []
    for vector in known["vectors"]:
        if "sleeve" in vector:
            continue
        quantities = [int(q) for q in (*vector["spot"], *vector["perp"])]
        words = words_of(
            int(vector["listing"]), quantity_words(quantities), int(vector["basis"]), None, int(vector["salt"])
        )
        vectors.append({**vector, "words": texts(words), "commitment": str(chain(words))})
    for base in [v for v in vectors if v["name"] == "hedged"]:
        for name, sleeve in sleeves():
            quantities = [int(q) for q in (*base["spot"], *base["perp"])]
            words = words_of(
                int(base["listing"]), quantity_words(quantities), int(base["basis"]), sleeve, int(base["salt"])
            )
            vectors.append(
                {
                    **base,
                    "name": f"{base['name']}, with {name}",
                    "sleeve": texts(sleeve),
                    "words": texts(words),
                    "commitment": str(chain(words)),
                }
            )
    openings = []
    for opening in known["openings"]:
        assets = int(opening["tier"].split("x")[0])
        packed = [int(word) for word in opening["words"][2 : 2 + (2 * assets + 2) // 3]]
        words = words_of(int(known["listing"]), packed, int(opening["basis"]), None, int(opening["salt"]))
        openings.append({**opening, "words": texts(words), "commitment": str(chain(words))})
    write(
        path,
        {
            "description": "Commitments of books: words (docs: src/protocol/commitment.ts) and their Poseidon chain. 'vectors' give"
            " dense books, 'openings' the example books under a secret. Computed in Python from the specification, Poseidon's"
            " constants included: scripts/vectors/commitments.py.",
            "secret": known["secret"],
            "listing": known["listing"],
            "vectors": vectors,
            "openings": openings,
        },
    )


def pack(theta, envelope=0, healthy=False, isolated=False, sleeve=False, support=0):
    return (
        theta
        + envelope * 2**16
        + healthy * 2**30
        + isolated * 2**31
        + sleeve * 2**32
        + (support < 0) * 2**33
        + abs(support) * 2**34
    )


def write_claims(path):
    most = 2**56 - 1
    claims = [
        {"theta": 1, "envelope": 0, "healthy": True, "isolated": False},
        {"theta": 65535, "envelope": 10000, "healthy": True, "isolated": True},
        {"theta": 10000, "envelope": 0, "healthy": True, "isolated": False},
        {"theta": 10000, "envelope": 0, "healthy": False, "isolated": False},
        {"theta": 12500, "envelope": 200, "healthy": True, "isolated": False},
        {"theta": 10000, "envelope": 0, "healthy": False, "isolated": True},
        {"theta": 9999, "envelope": 1, "healthy": True, "isolated": False},
        {"theta": 65535, "envelope": 0, "healthy": False, "isolated": True},
        {"theta": 10000, "envelope": 100, "healthy": True, "isolated": False, "sleeve": True},
        {"theta": 10000, "envelope": 0, "healthy": False, "isolated": False, "sleeve": True},
        {"theta": 10000, "envelope": 0, "healthy": True, "isolated": False, "support": 1},
        {"theta": 10000, "envelope": 0, "healthy": True, "isolated": False, "support": -1},
        {"theta": 10000, "envelope": 0, "healthy": False, "isolated": True, "support": most},
        {"theta": 65535, "envelope": 10000, "healthy": True, "isolated": True, "support": -most},
        {"theta": 65535, "envelope": 10000, "healthy": True, "isolated": False, "sleeve": True, "support": most},
        {"theta": 1, "envelope": 0, "healthy": False, "isolated": False, "sleeve": True, "support": -most},
        {"theta": 12500, "envelope": 50, "healthy": True, "isolated": False, "sleeve": True, "support": -123456789012},
    ]
    refused = [
        0,  # no θ
        2**90 + pack(10000),  # beyond its bits
        pack(10000, healthy=True) + 2**90,
        pack(1, envelope=10001, healthy=True),
        pack(1, envelope=1),  # an envelope of ill health
        pack(10000, healthy=True, isolated=True, sleeve=True),  # isolated, with a sleeve
        pack(10000, healthy=True) + 2**33,  # a sign of no support
        pack(10000) + 2**33,
        pack(10000, healthy=True, support=2**56),  # beyond a support's bits
    ]
    described = [
        {**claim, **({"support": str(claim["support"])} if "support" in claim else {}), "word": str(pack(**claim))}
        for claim in claims
    ]
    write(
        path,
        {
            "description": "Packed claims: theta + envelope·2^16 + healthy·2^30 + isolated·2^31 + sleeve·2^32 + (support < 0)·2^33"
            " + |support|·2^34. 'refused' are words that pack no claim. Computed in Python: scripts/vectors/commitments.py.",
            "claims": described,
            "refused": [str(word) for word in refused],
        },
    )


def write(path, value):
    with open(path, "w", encoding="utf8") as file:
        file.write(json.dumps(value, indent=1, ensure_ascii=False) + "\n")


write_commitments("test/vectors/commitment.json")
write_claims("test/vectors/claim.json")
