// What the Java client must be able to do, a method each. They run in one JVM, because starting one takes most of a test's
// time.
//
// A request is one line: scenario, bootstrap address, topic, then the scenario's own arguments, separated by tabs.
// The answer is one line: "ok", or "failed" and a stack trace with tabs for line ends.

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.clients.admin.ListOffsetsResult;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.CooperativeStickyAssignor;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.GroupIdNotFoundException;
import org.apache.kafka.common.errors.InvalidPartitionsException;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

public class Scenarios {
    private static final Duration POLL = Duration.ofMillis(100);
    private static final long FIRST_TIMESTAMP = 1_700_000_000_000L;

    private final String bootstrap;
    private final String topic;
    private final String[] arguments;

    private Scenarios(String[] words) {
        bootstrap = words[1];
        topic = words[2];
        arguments = words;
    }

    public static void main(String[] unused) throws IOException {
        PrintStream answers = System.out;
        BufferedReader requests = new BufferedReader(new InputStreamReader(System.in));
        for (String line = requests.readLine(); line != null; line = requests.readLine()) {
            answers.println(run(line.split("\t", -1)));
            answers.flush();
        }
    }

    private static String run(String[] words) {
        try {
            Scenarios.class.getDeclaredMethod(words[0]).invoke(new Scenarios(words));
            return "ok";
        } catch (ReflectiveOperationException failure) {
            StringWriter trace = new StringWriter();
            Throwable cause = failure.getCause() == null ? failure : failure.getCause();
            cause.printStackTrace(new PrintWriter(trace));
            return "failed\t" + trace.toString().replace('\t', ' ').replace('\n', '\t');
        }
    }

    // --- the scenarios -------------------------------------------------------------------------------------------------

    // Arguments: codec, acks. Keys, values, headers and timestamps come back as they went, in order.
    void roundTrip() throws Exception {
        createTopic(topic, 3, Map.of());
        String acks = arguments[4];
        List<ProducerRecord<String, String>> sent = records(300);
        try (Producer<String, String> producer = producer(Map.of("compression.type", arguments[3], "acks", acks, "linger.ms",
                 "5", "enable.idempotence", acks.equals("all"), "max.in.flight.requests.per.connection",
                 acks.equals("all") ? 5 : 1))) { // or a retry would overtake
            send(producer, sent);
        }
        check(read(topic, 3, sent.size()), sent);
    }

    void largeRecord() throws Exception {
        createTopic(topic, 1, Map.of("max.message.bytes", "4000000"));
        List<ProducerRecord<String, String>> sent =
            List.of(new ProducerRecord<>(topic, 0, FIRST_TIMESTAMP, "large", "m".repeat(3_500_000)),
                new ProducerRecord<>(topic, 0, FIRST_TIMESTAMP + 1, (String) null, (String) null));
        try (Producer<String, String> producer = producer(Map.of("max.request.size", 8_000_000))) {
            send(producer, sent);
        }
        check(read(topic, 1, 2), sent);
    }

    // A second member takes over part of the partitions and gives them back; no record is missed or read twice.
    void cooperativeRebalance() throws Exception {
        createTopic(topic, 4, Map.of());
        Map<String, Object> options =
            Map.of("group.id", topic + "-group", "partition.assignment.strategy", CooperativeStickyAssignor.class.getName());
        Set<String> seen = new HashSet<>();
        try (Producer<String, String> producer = producer(Map.of());
            KafkaConsumer<String, String> first = consumer(options)) {
            send(producer, records(100));
            first.subscribe(List.of(topic), committing(first));
            until("the first member has all partitions", () -> take(first, seen) && first.assignment().size() == 4);
            try (KafkaConsumer<String, String> second = consumer(options)) {
                second.subscribe(List.of(topic), committing(second));
                until("both have two", () -> {
                    take(second, seen);
                    return take(first, seen) && first.assignment().size() == 2 && second.assignment().size() == 2;
                });
                require(Collections.disjoint(first.assignment(), second.assignment()), "a partition has two owners");
                send(producer, records(100, 100));
                until("both have read all", () -> take(first, seen) && take(second, seen) && seen.size() == 200);
                first.commitSync();
                second.commitSync();
            }
            until("the first has all again", () -> take(first, seen) && first.assignment().size() == 4);
            require(seen.size() == 200, "read " + seen.size());
        }
    }

    // A static member that comes back within its session keeps its partitions without a rebalance.
    void staticMember() throws Exception {
        createTopic(topic, 4, Map.of());
        Map<String, Object> one =
            Map.of("group.id", topic + "-group", "group.instance.id", "one", "session.timeout.ms", 10000);
        Map<String, Object> two =
            Map.of("group.id", topic + "-group", "group.instance.id", "two", "session.timeout.ms", 10000);
        try (KafkaConsumer<String, String> stays = consumer(one)) {
            stays.subscribe(List.of(topic));
            Set<TopicPartition> before;
            try (KafkaConsumer<String, String> leaves = consumer(two)) {
                leaves.subscribe(List.of(topic));
                until("both have two",
                    () -> turn(stays, leaves) && stays.assignment().size() == 2 && leaves.assignment().size() == 2);
                before = Set.copyOf(leaves.assignment());
            }
            int generation = stays.groupMetadata().generationId();
            try (KafkaConsumer<String, String> back = consumer(two)) {
                back.subscribe(List.of(topic));
                until("it is back", () -> turn(stays, back) && !back.assignment().isEmpty());
                require(back.assignment().equals(before), back.assignment() + " instead of " + before);
                require(stays.groupMetadata().generationId() == generation, "there was a rebalance");
            }
        }
    }

    void commitAndResume() throws Exception {
        createTopic(topic, 1, Map.of());
        Map<String, Object> options = Map.of("group.id", topic + "-group", "max.poll.records", 10);
        try (Producer<String, String> producer = producer(Map.of())) {
            send(producer, records(40));
        }
        List<String> values = new ArrayList<>();
        for (int round = 0; round < 4; ++round) {
            try (KafkaConsumer<String, String> consumer = consumer(options)) {
                consumer.subscribe(List.of(topic));
                int before = values.size();
                until("ten records", () -> {
                    consumer.poll(POLL).forEach(record -> values.add(record.value()));
                    return values.size() > before;
                });
                consumer.commitSync();
            }
        }
        require(values.equals(records(40).stream().map(ProducerRecord::value).toList()), "read " + values);
    }

    void adminTopics() throws Exception {
        try (Admin admin = admin()) {
            admin.createTopics(List.of(new NewTopic(topic, 2, (short) 1).configs(Map.of("retention.ms", "86400000"))))
                .all()
                .get();
            TopicDescription described = admin.describeTopics(List.of(topic)).allTopicNames().get().get(topic);
            require(described.partitions().size() == 2, "partitions: " + described);
            require(described.partitions().get(0).isr().size() == 1, "in sync: " + described);
            require(admin.listTopics().names().get().contains(topic), "not listed");
            expect(TopicExistsException.class, admin.createTopics(List.of(new NewTopic(topic, 2, (short) 1))).all());

            admin.createPartitions(Map.of(topic, NewPartitions.increaseTo(5))).all().get();
            until("five partitions",
                () -> admin.describeTopics(List.of(topic)).allTopicNames().get().get(topic).partitions().size() == 5);
            expect(
                InvalidPartitionsException.class, admin.createPartitions(Map.of(topic, NewPartitions.increaseTo(3))).all());

            ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
            Config config = admin.describeConfigs(List.of(resource)).all().get().get(resource);
            require(config.get("retention.ms").value().equals("86400000"), "config: " + config.get("retention.ms"));
            require(!config.get("retention.ms").isDefault(), "an own value is called a default");
            require(config.get("segment.bytes").isDefault(), "a default is called an own value");

            Collection<Node> nodes = admin.describeCluster().nodes().get();
            require(nodes.size() == 1, "nodes: " + nodes);
            ConfigResource broker = new ConfigResource(ConfigResource.Type.BROKER, nodes.iterator().next().idString());
            require(
                admin.describeConfigs(List.of(broker)).all().get().get(broker).get("log.dirs") != null, "no broker config");

            admin.deleteTopics(List.of(topic)).all().get();
            until("it is gone", () -> !admin.listTopics().names().get().contains(topic));
            expect(UnknownTopicOrPartitionException.class, admin.deleteTopics(List.of(topic)).all());
        }
    }

    void adminGroups() throws Exception {
        createTopic(topic, 2, Map.of());
        String group = topic + "-group";
        TopicPartition partition = new TopicPartition(topic, 0);
        try (Admin admin = admin();
            KafkaConsumer<String, String> member = consumer(Map.of("group.id", group, "client.id", "me"))) {
            member.subscribe(List.of(topic));
            until("the member has both partitions", () -> turn(member, member) && member.assignment().size() == 2);
            member.commitSync(Map.of(partition, new OffsetAndMetadata(0, "note")));

            ConsumerGroupDescription described = admin.describeConsumerGroups(List.of(group)).all().get().get(group);
            require(described.members().size() == 1, "members: " + described);
            require(described.members().iterator().next().assignment().topicPartitions().size() == 2,
                "assignment: " + described);
            require(described.groupState().toString().equals("Stable"), "state: " + described);
            require(
                admin.listGroups().all().get().stream().anyMatch(listed -> listed.groupId().equals(group)), "not listed");
            OffsetAndMetadata committed =
                admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get().get(partition);
            require(committed.offset() == 0 && committed.metadata().equals("note"), "committed: " + committed);
        }
        try (Admin admin = admin()) {
            admin.alterConsumerGroupOffsets(group, Map.of(partition, new OffsetAndMetadata(0))).all().get();
            admin.deleteConsumerGroups(List.of(group)).all().get();
            expect(GroupIdNotFoundException.class, admin.deleteConsumerGroups(List.of(group)).all());
        }
    }

    void offsetsByTimestamp() throws Exception {
        createTopic(topic, 1, Map.of());
        try (Producer<String, String> producer = producer(Map.of("batch.size", 200))) {
            send(producer, records(100));
        }
        require(offset(OffsetSpec.earliest()) == 0, "earliest");
        require(offset(OffsetSpec.latest()) == 100, "latest");
        require(offset(OffsetSpec.maxTimestamp()) == 99, "offset of the greatest timestamp");
        for (int at : new int[] {0, 1, 37, 99}) {
            require(offset(OffsetSpec.forTimestamp(FIRST_TIMESTAMP + at * 10L - 5)) == at, "before record " + at);
            require(offset(OffsetSpec.forTimestamp(FIRST_TIMESTAMP + at * 10L)) == at, "at record " + at);
        }
        require(offset(OffsetSpec.forTimestamp(FIRST_TIMESTAMP + 10_000)) == -1, "past the end");
    }

    void errors() throws Exception {
        createTopic(topic, 1, Map.of("max.message.bytes", "1000"));
        try (Admin admin = admin(); Producer<String, String> producer = producer(Map.of("max.block.ms", 2000))) {
            expect(UnknownTopicOrPartitionException.class, admin.describeTopics(List.of(topic + "-none")).allTopicNames());
            expect(InvalidTopicException.class, admin.createTopics(List.of(new NewTopic("no/slash", 1, (short) 1))).all());
            expect(InvalidPartitionsException.class,
                admin.createTopics(List.of(new NewTopic(topic + "-0", 0, (short) 1))).all());
            expect(RecordTooLargeException.class, producer.send(new ProducerRecord<>(topic, 0, "key", "x".repeat(2000))));
            producer.send(new ProducerRecord<>(topic, 0, "key", "small")).get();
        }
        TopicPartition partition = new TopicPartition(topic, 0);
        try (KafkaConsumer<String, String> consumer = consumer(Map.of("auto.offset.reset", "none"))) {
            consumer.assign(List.of(partition));
            consumer.seek(partition, 1000);
            try {
                until("out of range", () -> turn(consumer, consumer) && false);
                throw new AssertionError("no error");
            } catch (OffsetOutOfRangeException expected) {
                require(expected.offsetOutOfRangePartitions().containsKey(partition), expected.toString());
            }
        }
    }

    // --- what they are made of -----------------------------------------------------------------------------------------

    interface Condition {
        boolean holds() throws Exception;
    }

    private static void until(String what, Condition condition) throws Exception {
        long deadline = System.nanoTime() + 30_000_000_000L;
        while (!condition.holds()) {
            require(System.nanoTime() < deadline, "not within 30 s: " + what);
        }
    }

    private static void require(boolean holds, String otherwise) {
        if (!holds) {
            throw new AssertionError(otherwise);
        }
    }

    private static void expect(Class<? extends Exception> error, Future<?> result) throws Exception {
        try {
            result.get();
        } catch (ExecutionException failure) {
            require(error.isInstance(failure.getCause()), failure.getCause() + " instead of " + error.getSimpleName());
            return;
        }
        throw new AssertionError("no " + error.getSimpleName());
    }

    private static void expect(Class<? extends Exception> error, KafkaFuture<?> result) throws Exception {
        expect(error, result.toCompletionStage().toCompletableFuture());
    }

    private Map<String, Object> with(Map<String, Object> options, Map<String, Object> defaults) {
        Map<String, Object> all = new HashMap<>(defaults);
        all.put("bootstrap.servers", bootstrap);
        all.putAll(options);
        return all;
    }

    private Admin admin() {
        return Admin.create(with(Map.of(), Map.of()));
    }

    private Producer<String, String> producer(Map<String, Object> options) {
        return new KafkaProducer<>(with(options, Map.of()), new StringSerializer(), new StringSerializer());
    }

    private KafkaConsumer<String, String> consumer(Map<String, Object> options) {
        Map<String, Object> defaults =
            Map.of("auto.offset.reset", "earliest", "enable.auto.commit", false, "heartbeat.interval.ms", 200);
        return new KafkaConsumer<>(with(options, defaults), new StringDeserializer(), new StringDeserializer());
    }

    private void createTopic(String name, int partitions, Map<String, String> configs) throws Exception {
        try (Admin admin = admin()) {
            admin.createTopics(List.of(new NewTopic(name, partitions, (short) 1).configs(configs))).all().get();
        }
    }

    private List<ProducerRecord<String, String>> records(int count) {
        return records(0, count);
    }

    private List<ProducerRecord<String, String>> records(int first, int count) {
        List<ProducerRecord<String, String>> all = new ArrayList<>();
        for (int at = first; at < first + count; ++at) {
            all.add(new ProducerRecord<>(topic, null, FIRST_TIMESTAMP + at * 10L, "key-" + at % 7,
                "value-" + at + "-"
                    + "p".repeat(at),
                List.of(new RecordHeader("number", Integer.toString(at).getBytes()), new RecordHeader("empty", null))));
        }
        return all;
    }

    private static void send(Producer<String, String> producer, List<ProducerRecord<String, String>> all) throws Exception {
        List<Future<RecordMetadata>> answers = new ArrayList<>();
        for (ProducerRecord<String, String> record : all) {
            answers.add(producer.send(record));
        }
        producer.flush();
        for (Future<RecordMetadata> answer : answers) {
            answer.get();
        }
    }

    private List<ConsumerRecord<String, String>> read(String from, int partitions, int count) throws Exception {
        List<ConsumerRecord<String, String>> all = new ArrayList<>();
        try (KafkaConsumer<String, String> consumer = consumer(Map.of())) {
            List<TopicPartition> assigned = new ArrayList<>();
            for (int partition = 0; partition < partitions; ++partition) {
                assigned.add(new TopicPartition(from, partition));
            }
            consumer.assign(assigned);
            consumer.seekToBeginning(assigned);
            until(count + " records", () -> {
                consumer.poll(POLL).forEach(all::add);
                return all.size() >= count;
            });
            consumer.poll(POLL).forEach(all::add);
        }
        return all;
    }

    // Read once, as sent, in the order of sending for each key (each key has one partition).
    private static void check(List<ConsumerRecord<String, String>> read, List<ProducerRecord<String, String>> sent) {
        require(read.size() == sent.size(), "read " + read.size() + " of " + sent.size());
        Map<String, List<String>> expected = sent.stream().collect(
            Collectors.groupingBy(record -> "" + record.key(), Collectors.mapping(Scenarios::text, Collectors.toList())));
        Map<String, List<String>> actual = read.stream().collect(
            Collectors.groupingBy(record -> "" + record.key(), Collectors.mapping(Scenarios::text, Collectors.toList())));
        require(actual.equals(expected), "read " + actual + " instead of " + expected);
    }

    private static String text(ProducerRecord<String, String> record) {
        return record.value() + " " + record.timestamp() + " " + List.of(record.headers().toArray());
    }

    private static String text(ConsumerRecord<String, String> record) {
        return record.value() + " " + record.timestamp() + " " + List.of(record.headers().toArray());
    }

    // One poll of a member; every value must be new.
    private static boolean take(Consumer<String, String> member, Set<String> seen) {
        ConsumerRecords<String, String> polled = member.poll(POLL);
        polled.forEach(record -> require(seen.add(record.value()), "read twice: " + record));
        return true;
    }

    // Commits what was read of a partition before another member gets it.
    private static ConsumerRebalanceListener committing(Consumer<String, String> member) {
        return new ConsumerRebalanceListener() {
            @Override
            public void onPartitionsRevoked(Collection<TopicPartition> revoked) {
                member.commitSync();
            }

            @Override
            public void onPartitionsAssigned(Collection<TopicPartition> assigned) {}
        };
    }

    private static boolean turn(Consumer<String, String> one, Consumer<String, String> other) {
        one.poll(POLL);
        other.poll(POLL);
        return true;
    }

    private long offset(OffsetSpec spec) throws Exception {
        TopicPartition partition = new TopicPartition(topic, 0);
        try (Admin admin = admin()) {
            ListOffsetsResult.ListOffsetsResultInfo found =
                admin.listOffsets(Map.of(partition, spec)).partitionResult(partition).get();
            return found.offset();
        }
    }
}
