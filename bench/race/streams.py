"""Many records: sent in batches made beforehand and read over bare sockets, where the broker is the limit, or produced and
consumed by librdkafka."""

import os

from . import proc, programs
from .stats import ratio

KIB, SMALL = 1024, 100
BATCH_BYTES = 64 << 10
RECORD_OVERHEAD = 12  # bytes a record at most, of those sizes


def per_gigabyte(told):
    """Adds processor seconds per GB of records and MB a second."""
    gigabytes = told["bytes"] / 1e9
    shares = {f"{kind}_per_gb": ratio(told[kind], gigabytes) or 0 for kind in ("cpu_s", "user_s", "system_s")}
    return told | shares | {"mb_per_s": told["bytes"] / 1e6 / told["seconds"]}


def record_count(gigabytes, record_bytes):
    return max(1000, int(gigabytes * 1e9 / record_bytes))


def size_name(record_bytes):
    return "1k" if record_bytes == KIB else "100b"


def stream(record_bytes, acks, codec, fetches=()):
    """A measuring function: batches of 64 KiB over one connection, five in flight, and where `fetches` says so read them
    while the pages are hot, then when they are not."""
    size, batch_records = size_name(record_bytes), BATCH_BYTES // (record_bytes + RECORD_OVERHEAD)

    def measure(session, system, _number):
        batches = -(-record_count(session.sizes.gigabytes, record_bytes) // batch_records)
        records = batches * batch_records
        with session.topic(system) as (broker, topic):
            os.sync()
            told = session.measured(broker.pid, "requests", port=broker.port, topic=topic, bytes=record_bytes, acks=acks,
                                    codec=codec, records=batch_records, connections=1, depth=5, requests=batches,
                                    seconds=programs.PATIENCE_S)
            yield f"produce.{size}.{acks}.{codec}", per_gigabyte(told)
            for temperature in fetches:
                facts = {"bytes": records * record_bytes} | prepare(broker, temperature)
                told = session.measured(broker.pid, "fetch", port=broker.port, topic=topic, records=records)
                yield f"fetch.{size}.{temperature}", per_gigabyte(told | facts)

    return measure


def library(record_bytes):
    """The same with librdkafka at both ends, as far as it lets the broker go."""
    size = size_name(record_bytes)

    def measure(session, system, _number):
        records = record_count(session.sizes.gigabytes, record_bytes)
        with session.topic(system) as (broker, topic):
            os.sync()
            told = session.measured(broker.pid, "produce", brokers=broker.address, topic=topic, records=records,
                                    bytes=record_bytes, acks="1", codec="none")
            yield f"library.produce.{size}", per_gigabyte(told)
            prepare(broker, "hot")
            told = session.measured(broker.pid, "consume", brokers=broker.address, topic=topic, records=records)
            yield f"library.fetch.{size}", per_gigabyte(told)

    return measure


def prepare(broker, temperature):
    """All written back; for a cold read nothing in the page cache. Facts for the results."""
    os.sync()
    if temperature == "hot":
        return {}
    dropped = proc.drop_page_cache()
    proc.forget_files(broker.data)
    return {"dropped_all": int(dropped)}


def floor_stream(session, _system, _number):
    """The bare loop, with buffers of both sizes that a broker may use."""
    for frame in (64 << 10, 256 << 10):
        os.sync()
        told = programs.run([session.binaries / "floor", "stream", f"path={session.folder / 'floor'}",
                             f"megabytes={max(10, int(session.sizes.gigabytes * 1000))}", f"frame={frame}"])
        yield f"floor.{frame >> 10}k", told


def warm_up(session, broker, topic, say):
    """Bytes until a compiler has seen them all, then a minute of requests. Tells what the first and the last GB cost."""
    first = last = None
    done = 0.0
    while done < session.sizes.warm_gigabytes:
        records = record_count(min(1.0, session.sizes.gigabytes), KIB)
        codec = "none" if done < session.sizes.warm_gigabytes / 2 else "lz4"
        told = per_gigabyte(session.measured(broker.pid, "produce", brokers=broker.address, topic=topic, records=records,
                                             bytes=KIB, acks="1", codec=codec))
        session.client("consume", brokers=broker.address, topic=topic, records=records)
        done += told["bytes"] / 1e9
        first, last = first or told["cpu_s_per_gb"], told["cpu_s_per_gb"]
    for connections in (64, 1):
        session.client("requests", port=broker.port, topic=topic, bytes=SMALL, connections=connections,
                       seconds=max(1, session.sizes.warm_s // 2))
    say(f"  first GB {first:.2f} cpu-s, last {last:.2f}")
    return {"first_cpu_s_per_gb": first, "last_cpu_s_per_gb": last}
