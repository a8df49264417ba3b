// One metadata service, for as long as a change takes.

#include "cli/offline/import_metadata.h"

#include <algorithm>
#include <utility>

#include "io/core.h"
#include "metadata/service.h"

namespace moldau::cli {
namespace {

constexpr std::size_t kPartitionsAtOnce = 2'000;  // a batch of records has a limit

// The next topics, of about so many partitions.
metadata::Adoption take_some(metadata::Adoption& from) {
    metadata::Adoption some{.broker = from.broker, .topics = {}, .next_producer_id = from.next_producer_id};
    std::size_t partitions = 0;
    while (!from.topics.empty() && (some.topics.empty() || partitions < kPartitionsAtOnce)) {
        partitions += from.topics.back().partitions.size();
        some.topics.push_back(std::move(from.topics.back()));
        from.topics.pop_back();
    }
    return some;
}

Task<Result<void>> adopt(metadata::MetadataService& service, metadata::Adoption adoption) {
    std::ranges::reverse(adoption.topics);
    while (!adoption.topics.empty()) MOLDAU_CO_TRY(co_await service.adopt_topics(take_some(adoption)));
    co_return Result<void>{};
}

Task<Result<void>> change_metadata(io::Core& core, MetadataChange change) {
    metadata::MetadataOptions options;
    options.dir = change.folder;
    options.node_id = change.adoption.broker;
    options.directory_id = change.directory_id;
    options.cluster_id = change.cluster_id;
    MOLDAU_CO_TRY_ASSIGN(service, co_await metadata::MetadataService::open({core.executor(), core.files(), core.random()},
                                                                           std::move(options)));
    auto adopted = co_await adopt(*service, std::move(change.adoption));
    auto closed = co_await service->close();
    if (!adopted) co_return adopted;
    co_return closed;
}

}  // namespace

Result<void> adopt_into_metadata(MetadataChange change) {
    io::IoThreads threads{{.writers = 1, .readers = 1}};
    io::Core core{0, threads};
    return io::run(core, change_metadata(core, std::move(change)));
}

Uuid new_directory_id() {
    io::IoThreads threads{{.writers = 1, .readers = 1}};
    io::Core core{0, threads};
    return core.random().next_uuid();
}

}  // namespace moldau::cli
