// What franz-go must be able to do, a function each: go_client SCENARIO BOOTSTRAP TOPIC [ARGUMENT].
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

const count = 300

var firstTimestamp = time.UnixMilli(1700000000000)

type scenario struct {
	context   context.Context
	bootstrap string
	topic     string
	argument  string
}

func main() {
	context, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	s := scenario{context: context, bootstrap: os.Args[2], topic: os.Args[3]}
	if len(os.Args) > 4 {
		s.argument = os.Args[4]
	}
	run := map[string]func() error{
		"round-trip": s.roundTrip,
		"group":      s.group,
		"admin":      s.admin,
		"errors":     s.errors,
	}[os.Args[1]]
	if err := run(); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}

func (s *scenario) client(options ...kgo.Opt) *kgo.Client {
	common := []kgo.Opt{
		kgo.SeedBrokers(s.bootstrap), kgo.FetchMaxWait(200 * time.Millisecond), kgo.MetadataMinAge(100 * time.Millisecond),
	}
	client, err := kgo.NewClient(append(common, options...)...)
	if err != nil {
		panic(err)
	}
	return client
}

func (s *scenario) create(partitions int32, configs map[string]*string) error {
	client := s.client()
	defer client.Close()
	answer, err := kadm.NewClient(client).CreateTopic(s.context, partitions, 1, configs, s.topic)
	if err != nil {
		return err
	}
	return answer.Err
}

func records(count int) []*kgo.Record {
	all := make([]*kgo.Record, count)
	for at := range all {
		all[at] = &kgo.Record{
			Key:       []byte(fmt.Sprintf("key-%d", at%7)),
			Value:     []byte(fmt.Sprintf("value-%d-%s", at, strings.Repeat("p", at))),
			Headers:   []kgo.RecordHeader{{Key: "number", Value: []byte(fmt.Sprint(at))}},
			Timestamp: firstTimestamp.Add(time.Duration(at) * time.Millisecond),
		}
	}
	return all
}

func text(record *kgo.Record) string {
	header := record.Headers[0]
	return fmt.Sprintf("%s %d %s=%s", record.Value, record.Timestamp.UnixMilli(), header.Key, header.Value)
}

func byKey(all []*kgo.Record) map[string]string {
	sequences := map[string]string{}
	for _, record := range all {
		sequences[string(record.Key)] += text(record) + "\n"
	}
	return sequences
}

// Keys, values, headers and timestamps come back as they went, once, in order per key.
func (s *scenario) roundTrip() error {
	if err := s.create(3, nil); err != nil {
		return err
	}
	codec := map[string]kgo.CompressionCodec{
		"none": kgo.NoCompression(), "gzip": kgo.GzipCompression(), "snappy": kgo.SnappyCompression(),
		"lz4": kgo.Lz4Compression(), "zstd": kgo.ZstdCompression(),
	}[s.argument]
	producer := s.client(kgo.DefaultProduceTopic(s.topic), kgo.ProducerBatchCompression(codec))
	defer producer.Close()
	sent := records(count)
	if err := producer.ProduceSync(s.context, sent...).FirstErr(); err != nil {
		return err
	}
	consumer := s.client(kgo.ConsumeTopics(s.topic), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	defer consumer.Close()
	read, err := poll(s.context, consumer, count)
	if err != nil {
		return err
	}
	expected, actual := byKey(records(count)), byKey(read)
	for key, sequence := range expected {
		if actual[key] != sequence {
			return fmt.Errorf("%s: read %s instead of %s", key, actual[key], sequence)
		}
	}
	return nil
}

func poll(context context.Context, client *kgo.Client, count int) ([]*kgo.Record, error) {
	var read []*kgo.Record
	for len(read) < count {
		fetches := client.PollFetches(context)
		if err := fetches.Err0(); err != nil {
			return nil, err
		}
		for _, failure := range fetches.Errors() {
			return nil, failure.Err
		}
		read = append(read, fetches.Records()...)
	}
	if len(read) != count {
		return nil, fmt.Errorf("read %d records instead of %d", len(read), count)
	}
	return read, nil
}

// Cooperative-sticky, as is this client's default: reads half, commits, a second member reads the rest.
func (s *scenario) group() error {
	if err := s.create(2, nil); err != nil {
		return err
	}
	options := []kgo.Opt{
		kgo.ConsumeTopics(s.topic), kgo.ConsumerGroup(s.topic + "-group"), kgo.DisableAutoCommit(),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.HeartbeatInterval(200 * time.Millisecond),
	}
	producer := s.client(kgo.DefaultProduceTopic(s.topic))
	defer producer.Close()
	for half := 0; half < 2; half++ {
		if err := producer.ProduceSync(s.context, records(count)...).FirstErr(); err != nil {
			return err
		}
		member := s.client(options...)
		if _, err := poll(s.context, member, count); err != nil {
			return err
		}
		if err := member.CommitUncommittedOffsets(s.context); err != nil {
			return err
		}
		member.Close()
	}
	committed, err := kadm.NewClient(producer).FetchOffsets(s.context, s.topic+"-group")
	if err != nil {
		return err
	}
	total := int64(0)
	committed.Each(func(offset kadm.OffsetResponse) { total += offset.At })
	if total != 2*count {
		return fmt.Errorf("committed %d instead of %d", total, 2*count)
	}
	return nil
}

func (s *scenario) admin() error {
	retention := "86400000"
	if err := s.create(2, map[string]*string{"retention.ms": &retention}); err != nil {
		return err
	}
	client := s.client()
	defer client.Close()
	admin := kadm.NewClient(client)
	if _, err := admin.UpdatePartitions(s.context, 4, s.topic); err != nil {
		return err
	}
	topics, err := admin.ListTopics(s.context, s.topic)
	if err != nil {
		return err
	}
	if len(topics[s.topic].Partitions) != 4 {
		return fmt.Errorf("described: %v", topics)
	}
	configs, err := admin.DescribeTopicConfigs(s.context, s.topic)
	if err != nil {
		return err
	}
	described, err := configs.On(s.topic, nil)
	if err != nil {
		return err
	}
	for _, config := range described.Configs {
		if config.Key == "retention.ms" && config.MaybeValue() != retention {
			return fmt.Errorf("retention.ms: %s", config.MaybeValue())
		}
	}
	ends, err := admin.ListEndOffsets(s.context, s.topic)
	if err != nil || ends.Error() != nil {
		return fmt.Errorf("end offsets: %v %v", err, ends.Error())
	}
	_, err = admin.DeleteTopics(s.context, s.topic)
	return err
}

func (s *scenario) errors() error {
	small := "1000"
	if err := s.create(1, map[string]*string{"max.message.bytes": &small}); err != nil {
		return err
	}
	client := s.client(kgo.DefaultProduceTopic(s.topic), kgo.ProducerBatchCompression(kgo.NoCompression()))
	defer client.Close()
	err := client.ProduceSync(s.context, &kgo.Record{Value: make([]byte, 2000)}).FirstErr()
	if !errors.Is(err, kerr.MessageTooLarge) {
		return fmt.Errorf("too large: %v", err)
	}
	answer, err := kadm.NewClient(client).CreateTopic(s.context, 1, 1, nil, "no/slash")
	if !errors.Is(answer.Err, kerr.InvalidTopicException) {
		return fmt.Errorf("invalid name: %v %v", err, answer.Err)
	}
	return nil
}
