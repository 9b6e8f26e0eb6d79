"""What the PyPI package `pynmea2` writes and reads of NMEA 0183: one line in, one or more out.

`generate SEED COUNT` gives so many sentences that the package wrote, made of random values. Any
other line is a sentence, and the answer is what the package reads in it. NMEAPeerTests compares
that with the station's own reading.
"""

import random
import sys

import pynmea2


def coordinate(degrees, digits, decimals):
    whole = int(abs(degrees))
    minutes = (abs(degrees) - whole) * 60
    return f"{whole:0{digits}d}{minutes:0{decimals + 3}.{decimals}f}"


def generate(seed, count):
    chance = random.Random(seed)
    for _ in range(count):
        decimals = chance.randint(2, 7)
        latitude, longitude = chance.uniform(-89.9, 89.9), chance.uniform(-179.9, 179.9)
        place = (
            coordinate(latitude, 2, decimals), "N" if latitude >= 0 else "S",
            coordinate(longitude, 3, decimals), "E" if longitude >= 0 else "W",
        )  # fmt: skip
        time = "%02d%02d%02d" % (chance.randrange(24), chance.randrange(60), chance.randrange(60))
        time += chance.choice(["", ".0", ".25", ".123"])
        talker = chance.choice(["GP", "GN", "GL", "GA", "GB", "BD"])
        if chance.random() < 0.5:
            status = chance.choice("AV")
            day = (chance.randint(1, 28), chance.randint(1, 12), chance.randrange(69))
            date = "%02d%02d%02d" % day
            speed, course = f"{chance.uniform(0, 90):.3f}", f"{chance.uniform(0, 359):.2f}"
            fields = (time, status, *place, speed, course, date, "", "", status.replace("V", "N"))
            yield str(pynmea2.RMC(talker, "RMC", fields))
        else:
            altitude, dilution = f"{chance.uniform(-400, 4000):.1f}", f"{chance.uniform(0, 9):.2f}"
            quality = str(chance.choice([0, 1, 2, 4, 5, 6]))
            fields = (time, *place, quality, "08", dilution, altitude, "M", "0.0", "M", "", "")
            yield str(pynmea2.GGA(talker, "GGA", fields))


def read(sentence):
    message = pynmea2.parse(sentence, check=True)
    words = [message.sentence_type]
    if message.sentence_type in ("RMC", "GGA") and message.lat and message.lon:
        words.append(f"lat={message.latitude:.8f} lon={message.longitude:.8f}")
    if message.sentence_type == "RMC":
        words.append(f"fix={int(message.is_valid)}")
        if message.datestamp and message.timestamp:
            words.append(f"time={message.datetime.timestamp():.3f}")
        if message.spd_over_grnd is not None:
            words.append(f"knots={message.spd_over_grnd:.3f}")
        if message.true_course is not None:
            words.append(f"course={message.true_course:.2f}")
    if message.sentence_type == "GGA":
        words.append(f"fix={int(message.gps_qual not in (0, 7, 8, None))}")
        if message.altitude is not None:
            words.append(f"altitude={message.altitude:.2f}")
    return " ".join(words)


for line in sys.stdin:
    if line.startswith("generate "):
        _, seed, count = line.split()
        for sentence in generate(int(seed), int(count)):
            print(sentence)
        continue
    try:
        print(read(line.strip()))
    except Exception as error:  # in as many ways as there are fields that it does not expect
        print(f"refused {type(error).__name__}")
