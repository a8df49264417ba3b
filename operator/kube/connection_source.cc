// Reading, remembering, reading again.

#include "operator/kube/connection_source.h"

#include <utility>

#include "base/logger.h"
#include "operator/kube/process.h"
#include "operator/kube/small_file.h"

namespace moldau::kube {
namespace {

constexpr std::string_view kModule = "kube";
constexpr Millis kFreshFor{60'000};
// A server that answers 401 to everything must not make us read files all the time.
constexpr Millis kReloadPause{1'000};
// A credential is replaced before it expires.
constexpr Millis kExpiryMargin{10'000};
constexpr std::size_t kSecretBytesMax = 1U << 20U;

Result<std::string> load(const FileOrData& source) {
    if (!source.data.empty() || source.file.empty()) return source.data;
    return read_small_file(source.file, kSecretBytesMax);
}

std::string trimmed(std::string text) {
    while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' ')) text.pop_back();
    return text;
}

}  // namespace

bool ConnectionSource::is_fresh() const {
    if (!known_) return false;
    const auto now = loop_.now();
    if (now.mono - loaded_at_ < kReloadPause) return true;
    if (expired_) return false;
    if (credential_ && credential_->expires_at && now.wall >= *credential_->expires_at - kExpiryMargin) return false;
    return now.mono - loaded_at_ < kFreshFor;
}

void ConnectionSource::expire() { expired_ = true; }

Task<Result<Connection>> ConnectionSource::current() {
    if (is_fresh()) co_return *known_;
    if (loading_) {
        co_return co_await completion<Result<Connection>>([this](auto done) { waiting_.push_back(std::move(done)); });
    }
    loading_ = true;
    auto loaded = co_await load();
    finish(loaded);
    if (!loaded && known_) co_return *known_;
    co_return loaded;
}

// A fault of the moment leaves what was known in place; it is tried again a minute later.
void ConnectionSource::finish(Result<Connection> loaded) {
    loading_ = false;
    loaded_at_ = loop_.mono_now();
    if (loaded) {
        known_ = *loaded;
        expired_ = false;
    } else if (known_) {
        LOG_WARNING(kModule, "credentials could not be read again, the old ones are used reason={}", loaded.error().context);
        loaded = *known_;
    }
    for (auto& waiter : std::exchange(waiting_, {})) {
        loop_.post([waiter = std::move(waiter), loaded]() mutable { waiter(std::move(loaded)); });
    }
}

Result<Connection> ConnectionSource::load_files() const {
    const auto read = [this](const FileOrData& source) -> Result<std::string> {
        auto text = kube::load(source);
        if (!text) return fail(Errc::kUsage, spec_.origin + ": " + text.error().context);
        return text;
    };
    Connection connection{.endpoint = {.server = spec_.server, .check = spec_.check}};
    MOLDAU_TRY_ASSIGN(authority, read(spec_.authority));
    MOLDAU_TRY_ASSIGN(certificate, read(spec_.certificate));
    MOLDAU_TRY_ASSIGN(key, read(spec_.key));
    MOLDAU_TRY_ASSIGN(token, read(spec_.token));
    connection.endpoint.ca_pem = std::move(authority);
    connection.endpoint.certificate_pem = std::move(certificate);
    connection.endpoint.key_pem = std::move(key);
    connection.token = trimmed(std::move(token));
    if (!spec_.token.file.empty() && connection.token.empty()) {
        return fail(Errc::kUsage, spec_.origin + ": " + spec_.token.file + ": the token is empty");
    }
    return connection;
}

Task<Result<Connection>> ConnectionSource::load() {
    MOLDAU_CO_TRY_ASSIGN(connection, load_files());
    if (spec_.exec) MOLDAU_CO_TRY(co_await add_exec(connection));
    co_return connection;
}

Task<Result<void>> ConnectionSource::add_exec(Connection& connection) {
    const bool valid = credential_ && !expired_ &&
                       (!credential_->expires_at || loop_.wall_now() < *credential_->expires_at - kExpiryMargin);
    if (!valid) {
        const auto info = spec_.exec->provide_cluster_info ? ClusterInfo::kTell : ClusterInfo::kHide;
        Command command{
            .program = spec_.exec->command, .arguments = spec_.exec->arguments, .environment = spec_.exec->environment};
        command.environment.emplace_back("KUBERNETES_EXEC_INFO", exec_info(connection.endpoint, info));
        const auto at_fault = spec_.origin + ": exec " + spec_.exec->command + ": ";
        auto printed = co_await run_program(loop_, std::move(command));
        if (!printed) {
            const auto hint = spec_.exec->install_hint.empty() ? "" : " (" + spec_.exec->install_hint + ")";
            co_return fail(Errc::kUsage, at_fault + printed.error().context + hint);
        }
        if (printed->status != 0) {
            co_return fail(Errc::kUsage,
                           at_fault + "status " + std::to_string(printed->status) + ": " + trimmed(printed->errors));
        }
        auto credential = parse_exec_credential(printed->output);
        if (!credential) co_return fail(Errc::kUsage, at_fault + credential.error().context);
        credential_ = *std::move(credential);
    }
    if (!credential_->token.empty()) connection.token = credential_->token;
    if (!credential_->certificate_pem.empty()) {
        connection.endpoint.certificate_pem = credential_->certificate_pem;
        connection.endpoint.key_pem = credential_->key_pem;
    }
    co_return Result<void>{};
}

}  // namespace moldau::kube
