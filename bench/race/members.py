"""A classic consumer group: how long until every partition has its reader, and until a leaving member's have another."""

from . import wire


def join_and_leave(session, system, number):
    """Both brokers with their default delay before a new group's first assignment."""
    broker = session.running[system]
    topic = f"members-{next(session.counter)}"
    wire.create_topic(broker, topic, session.sizes.member_partitions)
    wire.wait_until_led(broker, topic, session.sizes.member_partitions)
    yield "group", session.client("members", brokers=broker.address, topic=topic, group=f"group-{topic}-{number}",
                                  members=session.sizes.members, partitions=session.sizes.member_partitions)
    wire.delete_topic(broker, topic)
