// Starting, waiting, stopping.

#include "operator/informer/shared_informers.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <ranges>

#include "operator/loop/signal.h"

namespace moldau::informer {

Informer& SharedInformers::add(InformerOptions options) {
    auto informer = std::make_unique<Informer>(client_, std::move(options), metrics_);
    auto& running = *informers_.emplace_back(std::make_unique<Running>(std::move(informer)));
    if (is_started_) tasks_.start(running.informer->run(running.cancel));
    return *running.informer;
}

void SharedInformers::start() {
    is_started_ = true;
    for (const auto& running : informers_) tasks_.start(running->informer->run(running->cancel));
}

bool SharedInformers::are_settled() const {
    return std::ranges::all_of(informers_, [](const auto& running) { return running->informer->is_settled(); });
}

std::string SharedInformers::unsettled() const {
    std::string text;
    for (const auto& running : informers_) {
        const auto& informer = *running->informer;
        if (informer.is_settled()) continue;
        text += fmt::format("{}{}", text.empty() ? "" : "; ", informer.resource().name());
        if (!informer.last_error().empty()) text += ": " + informer.last_error();
    }
    return text;
}

Task<Result<void>> SharedInformers::wait_synced(MonoTime deadline, loop::Cancel& cancel) {
    // Shared with the callbacks, which may come after this wait has ended.
    const auto settled = std::make_shared<loop::Signal>(client_.loop());
    for (const auto& running : informers_) running->informer->on_synced([settled] { settled->raise(); });
    while (!are_settled()) {
        const auto waited = co_await settled->wait_until(deadline, cancel);
        if (waited) continue;
        if (are_settled()) break;
        co_return fail(waited.error().code, "not synced: " + unsettled());
    }
    co_return Result<void>{};
}

Task<void> SharedInformers::stop() {
    for (const auto& running : informers_ | std::views::reverse) running->cancel.request();
    co_await tasks_.stop();
    is_started_ = false;
}

}  // namespace moldau::informer
