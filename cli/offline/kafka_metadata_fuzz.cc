// Records of a foreign metadata log: whatever they say, the reader ends with a value or an error. The corpus has records
// that Apache Kafka 4.4 wrote.

#include "cli/offline/kafka_metadata.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace moldau;
    cli::KafkaMetadataReader reader;
    // Several records, each behind its length in one byte, so that they meet each other's state.
    for (std::size_t at = 0; at < size;) {
        const std::size_t length = std::min<std::size_t>(data[at], size - at - 1);
        (void)reader.apply(bytes::View::copy_of(bytes::Span{data + at + 1, length}));
        at += length + 1;
    }
    return 0;
}
