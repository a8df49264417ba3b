"""The race between Moldau and Apache Kafka: same machine, same client, same durability, interleaved rounds.

`lines` says what is measured, `streams`, `requests`, `lifecycle` and `members` measure it, `runner` goes round by round,
`results` keeps every single figure, `report` and `plots` make documents of them. Entry: bench/run, bench/quick.
"""

import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
# Brokers and the protocol by hand are those of the tests with real clients.
for folder in ("e2e", "e2e/kill"):
    if str(ROOT / folder) not in sys.path:
        sys.path.append(str(ROOT / folder))
