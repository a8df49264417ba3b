// Listening and connecting on the simulated network; cuts, resets and deaths.

#include "sim/network.h"

#include <algorithm>
#include <deque>

#include "base/check.h"
#include "sim/stream.h"

namespace moldau::sim {

// Connections wait here to be accepted. Lifetime: shared by the acceptor and by accepts under way.
class Listener {
public:
    struct Arrival {
        io::Address client;
        io::Executor& executor;
        io::Done<std::unique_ptr<io::Socket>> done;
    };
    Listener(Internet& internet, io::Executor& executor, io::Address address)
        : internet_(internet), executor_(executor), address_(std::move(address)) {}

    void arrive(Arrival arrival) {
        waiting_.push_back(std::move(arrival));
        match();
    }
    void accept(Network& home, io::Done<std::unique_ptr<io::Socket>> done) {
        CHECK(!done_);
        home_ = &home;
        done_ = std::move(done);
        if (closed_) return end_accept();
        match();
    }
    void close() {
        if (std::exchange(closed_, true)) return;
        if (done_) end_accept();
        for (auto& arrival : std::exchange(waiting_, {})) {
            arrival.done(fail(Errc::kIo, "connect to " + address_.to_string() + ": Connection reset by peer"));
        }
    }
    bool is_closed() const { return closed_; }
    const io::Address& address() const { return address_; }

private:
    void end_accept() {
        executor_.post([done = std::exchange(done_, nullptr), address = address_.to_string()]() mutable {
            done(fail(Errc::kClosed, "accept on " + address + ": closed"));
        });
    }

    void match() {
        if (!done_ || waiting_.empty()) return;
        Arrival client = std::move(waiting_.front());
        waiting_.pop_front();
        auto up = std::make_shared<Stream>(internet_, Stream::End{client.executor, client.client},
                                           Stream::End{home_->executor(), address_});
        auto down = std::make_shared<Stream>(internet_, up->reader(), up->writer());
        internet_.streams_.push_back(up);
        internet_.streams_.push_back(down);
        client.executor.post(
            [done = std::move(client.done), socket = make_socket(up, down)]() mutable { done(std::move(socket)); });
        executor_.post(
            [done = std::exchange(done_, nullptr), socket = make_socket(down, up)]() mutable { done(std::move(socket)); });
    }

    Internet& internet_;
    io::Executor& executor_;
    const io::Address address_;
    bool closed_ = false;
    std::deque<Arrival> waiting_;
    Network* home_ = nullptr;
    io::Done<std::unique_ptr<io::Socket>> done_;
};

namespace {

class SimAcceptor final : public io::Acceptor {
public:
    explicit SimAcceptor(std::shared_ptr<Listener> listener) : listener_(std::move(listener)) {}
    ~SimAcceptor() override { listener_->close(); }

    void accept(io::Network& home, io::Done<std::unique_ptr<io::Socket>> done) override {
        auto* network = dynamic_cast<Network*>(&home);
        CHECK(network != nullptr);
        listener_->accept(*network, std::move(done));
    }
    void close() override { listener_->close(); }
    io::Address local() const override { return listener_->address(); }

private:
    const std::shared_ptr<Listener> listener_;
};

}  // namespace

Internet::Hosts Internet::between(const std::string& host, const std::string& other) {
    return {std::min(host, other), std::max(host, other)};
}

Nanos Internet::delay() {
    const auto range = static_cast<std::uint64_t>((options_.delay_max - options_.delay_min).count());
    return options_.delay_min + Nanos{random_.below(range + 1)};
}

template <class Action>
void Internet::for_streams(Action action) {
    std::erase_if(streams_, [](const auto& stream) { return stream.expired(); });
    const auto streams = streams_;
    for (const auto& weak : streams) {
        if (const auto stream = weak.lock()) action(*stream);
    }
}

void Internet::cut(const std::string& host, const std::string& other) { cuts_.insert(between(host, other)); }

void Internet::heal(const std::string& host, const std::string& other) {
    cuts_.erase(between(host, other));
    for_streams([&](Stream& stream) {
        if (stream.is_between(host, other)) stream.flush_held();
    });
}

void Internet::reset(const std::string& host, const std::string& other) {
    for_streams([&](Stream& stream) {
        if (stream.is_between(host, other)) stream.reset();
    });
}

void Internet::process_dies(const std::string& host) {
    for_streams([&](Stream& stream) {
        if (stream.touches(host)) stream.reset();
    });
    const auto listeners = listeners_;
    for (const auto& [address, weak] : listeners) {
        const auto listener = weak.lock();
        if (listener && address.first == host) listener->close();
    }
}

std::string Network::resolve(const std::string& name) const {
    const bool is_own = name.empty() || name == "localhost" || name == "127.0.0.1" || name == "0.0.0.0" || name == "::";
    return is_own ? host_ : name;
}

Result<std::unique_ptr<io::Acceptor>> Network::listen(const io::Address& address, const io::ListenOptions&) {
    const std::string text = "listen on " + address.to_string();
    if (resolve(address.host) != host_) return fail(Errc::kIo, text + ": Cannot assign requested address");
    const std::uint16_t port = address.port == 0 ? internet_.next_port_++ : address.port;
    auto& place = internet_.listeners_[{host_, port}];
    const auto present = place.lock();
    if (present && !present->is_closed()) return fail(Errc::kIo, text + ": Address already in use");
    auto listener = std::make_shared<Listener>(internet_, executor_, io::Address{host_, port});
    place = listener;
    return std::make_unique<SimAcceptor>(std::move(listener));
}

void Network::refuse(const io::Address& address, const char* reason, Nanos after,
                     io::Done<std::unique_ptr<io::Socket>> done) {
    const auto text = "connect to " + address.to_string() + ": " + reason;
    executor_.schedule(executor_.now().mono + after,
                       [done = std::move(done), text]() mutable { done(fail(Errc::kIo, text)); });
}

void Network::connect(const io::Address& address, io::Done<std::unique_ptr<io::Socket>> done) {
    const io::Address target{resolve(address.host), address.port};
    if (internet_.is_cut(host_, target.host)) {
        return refuse(address, "Connection timed out", internet_.options_.connect_timeout, std::move(done));
    }
    executor_.schedule(executor_.now().mono + internet_.delay(), [this, target, done = std::move(done)]() mutable {
        const auto found = internet_.listeners_.find({target.host, target.port});
        const auto listener = found == internet_.listeners_.end() ? nullptr : found->second.lock();
        if (!listener || listener->is_closed()) {
            return refuse(target, "Connection refused", internet_.delay(), std::move(done));
        }
        const io::Address own{host_, internet_.next_port_++};
        listener->arrive({.client = own, .executor = executor_, .done = std::move(done)});
    });
}

}  // namespace moldau::sim
