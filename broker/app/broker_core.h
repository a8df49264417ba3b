// One core's share of the broker with its thread and its connections.

#pragma once

#include <cstddef>
#include <future>
#include <memory>
#include <thread>
#include <type_traits>
#include <utility>

#include "admin/snapshot.h"
#include "app/core_share.h"
#include "io/core.h"
#include "server/listener.h"

namespace moldau::app {

// Lifetime: made and destroyed by the main thread; what its share and connections hold by its own thread.
// Thread: what returns a Task runs on the core.
class BrokerCore {
public:
    BrokerCore(std::size_t index, io::IoThreads& threads)
        : core_(index, threads),
          share_({core_.executor(), core_.files(), core_.random(), index}),
          thread_([this] { core_.run(); }) {}
    ~BrokerCore() {
        core_.stop();
        thread_.join();
    }

    // Once the share is open.
    Task<void> open_connections();
    // Lets requests under way finish until `deadline`; then there are no connections any more.
    Task<void> stop_connections(MonoTime deadline);

    io::Core& io() { return core_; }
    CoreShare& share() { return share_; }
    server::ConnectionShard& connections() { return *connections_; }
    admin::CoreSnapshot snapshot() const;

    // From another thread: runs `work()`, which returns a Task, on this core and waits for it.
    template <class Work>
    auto run_and_wait(Work work) -> decltype(work().await_resume()) {
        using Value = decltype(work().await_resume());
        std::promise<Value> promise;
        core_.executor().post([&promise, &work] {
            if constexpr (std::is_void_v<Value>) {
                spawn(work(), [&promise] { promise.set_value(); });
            } else {
                spawn(work(), [&promise](Value value) { promise.set_value(std::move(value)); });
            }
        });
        return promise.get_future().get();
    }

private:
    io::Core core_;
    CoreShare share_;
    server::ServerCounters counters_;
    std::unique_ptr<server::ConnectionShard> connections_;
    std::thread thread_;
};

}  // namespace moldau::app
