// The broker without threads and sockets: the order in which its parts start and stop.
//
// Start: data directories → metadata → `listen` → registered → every core's logs → recovery done. Stop: groups handed back →
// metadata and logs closed → clean mark. The order decides what survives a crash, so it stands here alone, where a
// simulation runs it too. Place: `Broker` adds cores, connections and the admin listener.

#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "app/core_share.h"
#include "app/data_dirs.h"
#include "base/result.h"
#include "handlers/handler_table.h"
#include "metadata/producer_ids.h"
#include "metadata/service.h"
#include "settings/values.h"
#include "store/disk_watch.h"

namespace moldau::app {

// Lifetime: start(), then stop_groups() and close(), also after a failed start. Thread: the first core's, where nothing else
// is said.
class BrokerNode {
public:
    struct Environment {
        io::FileSystem& files;
        io::Random& random;
        std::vector<CoreShare*> cores;  // the first is home
        std::string boot_id;
        CoreShare::Memory memory;  // of each core
        // The directory that holds the metadata failed: nothing can be changed any more, the process is to end. Called once.
        std::function<void()> on_fatal = [] {};
    };
    // Any thread.
    explicit BrokerNode(settings::Values values);

    // Binds the addresses and says where clients are to connect.
    using Listen = std::function<Result<std::vector<metadata::Endpoint>>()>;
    // When it resolves every core's dispatcher serves. Errors: kLocked, kUsage, kCorrupt, kNewerFormat, kIo, `listen`'s.
    Task<Result<void>> start(Environment environment, Listen listen);
    Task<void> stop_groups();
    // All connections are gone. An error means that the next start must recover.
    Task<Result<void>> close();

    // `callback(from, to)` runs on the first core with each image that every core has followed.
    using Published = std::function<void(const metadata::Image& from, const metadata::Image& to)>;
    void on_published(Published callback) { on_published_ = std::move(callback); }

    // Runs a step on every core at the same time; it returns a Task<void>.
    using Step = std::function<Task<void>(CoreShare&)>;
    Task<void> on_every_core(Step step);

    // Any thread: not changed once started.
    const settings::Values& values() const { return node_.values; }
    BrokerId id() const { return node_.id; }
    const std::string& cluster_id() const { return cluster_id_; }
    const security::Authorizer& authorizer() const { return *node_.authorizer; }
    std::vector<store::DirState> dir_states() const { return node_.dir_states(); }

private:
    Task<Result<void>> open_metadata();
    Task<void> watch_dirs();
    Task<void> dir_failed(std::size_t dir);
    Task<Result<void>> register_self(Listen listen);
    Task<Result<void>> announce();
    Task<Result<void>> open_cores();
    Task<Result<void>> open_core(CoreShare& core, metadata::ImageRef image);
    Task<void> publish(metadata::ImageRef from, metadata::ImageRef to);
    metadata::ControllerOptions controller_options();
    CoreShare& home() { return *environment_->cores.front(); }

    handlers::Node node_;
    handlers::HandlerTable table_;
    std::string cluster_id_;
    std::unique_ptr<Environment> environment_;
    std::unique_ptr<DataDirs> dirs_;
    std::unique_ptr<store::DiskWatch> watch_;
    metadata::BrokerRegistration registration_;
    Published on_published_ = [](const auto&, const auto&) {};
    std::unique_ptr<metadata::MetadataService> metadata_;
    std::unique_ptr<metadata::ProducerIds> producer_ids_;
};

}  // namespace moldau::app
