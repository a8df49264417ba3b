// A small HTTP/1.1 server on 127.0.0.1 for tests of the real transport: the test says byte by byte what it answers.
//
// One thread accepts, one more serves each connection; with an identity it speaks TLS and asks for the client's certificate.
// Certificates are made on the spot, so that none can expire in the repository.

#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "base/check.h"

namespace moldau::kube {

struct Identity {
    std::string certificate_pem;
    std::string key_pem;
};

namespace detail {

template <class Write, class Value>
std::string pem_of(Write write, Value* value) {
    BIO* out = ::BIO_new(::BIO_s_mem());
    write(out, value);
    char* data = nullptr;
    const auto size = BIO_get_mem_data(out, &data);
    std::string text(data, static_cast<std::size_t>(size));
    ::BIO_free(out);
    return text;
}

inline void add_extension(X509* certificate, int nid, const char* value) {
    X509V3_CTX context{};
    X509V3_set_ctx_nodb(&context);
    X509_EXTENSION* extension = ::X509V3_EXT_conf_nid(nullptr, &context, nid, value);
    CHECK(extension != nullptr);
    ::X509_add_ext(certificate, extension, -1);
    ::X509_EXTENSION_free(extension);
}

}  // namespace detail

// Makes certificates, itself their authority.
class Authority {
public:
    Authority()
        : key_(::EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256")), certificate_(make(key_, "test-ca", "", nullptr)) {}
    Authority(const Authority&) = delete;
    Authority& operator=(const Authority&) = delete;
    ~Authority() {
        ::X509_free(certificate_);
        ::EVP_PKEY_free(key_);
    }

    std::string pem() const { return detail::pem_of(::PEM_write_bio_X509, certificate_); }
    // `alternative` is "IP:127.0.0.1" or "DNS:name".
    Identity issue(const char* name, const char* alternative) const {
        EVP_PKEY* key = ::EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256");
        X509* certificate = make(key, name, alternative, this);
        Identity identity{.certificate_pem = detail::pem_of(::PEM_write_bio_X509, certificate),
                          .key_pem = detail::pem_of(
                              [](BIO* out, EVP_PKEY* value) {
                                  ::PEM_write_bio_PrivateKey(out, value, nullptr, nullptr, 0, nullptr, nullptr);
                              },
                              key)};
        ::X509_free(certificate);
        ::EVP_PKEY_free(key);
        return identity;
    }

private:
    static X509* make(EVP_PKEY* key, const char* name, const char* alternative, const Authority* issuer) {
        X509* certificate = ::X509_new();
        ::X509_set_version(certificate, 2);
        ::ASN1_INTEGER_set(::X509_get_serialNumber(certificate), issuer == nullptr ? 1 : 2);
        ::X509_gmtime_adj(::X509_getm_notBefore(certificate), -3'600);
        ::X509_gmtime_adj(::X509_getm_notAfter(certificate), 3'600);
        ::X509_set_pubkey(certificate, key);
        ::X509_NAME_add_entry_by_txt(::X509_get_subject_name(certificate), "CN", MBSTRING_ASC,
                                     reinterpret_cast<const unsigned char*>(name), -1, -1, 0);
        const bool is_authority = issuer == nullptr;
        ::X509_set_issuer_name(certificate, ::X509_get_subject_name(is_authority ? certificate : issuer->certificate_));
        detail::add_extension(certificate, NID_basic_constraints, is_authority ? "critical,CA:TRUE" : "CA:FALSE");
        if (alternative[0] != 0) detail::add_extension(certificate, NID_subject_alt_name, alternative);
        ::X509_sign(certificate, is_authority ? key : issuer->key_, ::EVP_sha256());
        return certificate;
    }

    EVP_PKEY* key_;
    X509* certificate_;
};

// One connection, on its own thread. Every wait ends when the server stops.
class LoopbackConnection {
public:
    LoopbackConnection(int socket, SSL_CTX* tls, const std::atomic<bool>& stopping) : socket_(socket), stopping_(stopping) {
        if (tls == nullptr) return;
        ssl_ = ::SSL_new(tls);
        ::SSL_set_fd(ssl_, socket_);
        broken_ = !wait() || ::SSL_accept(ssl_) != 1;
    }
    LoopbackConnection(const LoopbackConnection&) = delete;
    LoopbackConnection& operator=(const LoopbackConnection&) = delete;
    ~LoopbackConnection() {
        if (ssl_ != nullptr) ::SSL_free(ssl_);
        ::close(socket_);
    }

    // The head of the next request with its body, or empty when there is none.
    std::string read_request() {
        while (!broken_) {
            const auto end = buffer_.find("\r\n\r\n");
            if (end != std::string::npos && buffer_.size() >= end + 4 + content_length(end)) {
                const auto size = end + 4 + content_length(end);
                auto request = buffer_.substr(0, size);
                buffer_.erase(0, size);
                return request;
            }
            read_more();
        }
        return {};
    }
    bool write(std::string_view bytes) {
        while (!bytes.empty() && !broken_ && !stopping_) {
            pollfd waited{.fd = socket_, .events = POLLOUT, .revents = 0};
            if (::poll(&waited, 1, 20) == 0) continue;
            const auto count = ssl_ != nullptr
                                   ? static_cast<ssize_t>(::SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size())))
                                   : ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
            if (count <= 0) broken_ = true;
            if (count > 0) bytes.remove_prefix(static_cast<std::size_t>(count));
        }
        return bytes.empty();
    }
    bool answer(std::string_view status, std::string_view body) {
        return write("HTTP/1.1 " + std::string(status) + "\r\nContent-Type: application/json\r\nContent-Length: " +
                     std::to_string(body.size()) + "\r\n\r\n" + std::string(body));
    }
    bool begin_chunks() { return write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"); }
    bool chunk(std::string_view bytes) {
        char size[32];
        static_cast<void>(std::snprintf(size, sizeof size, "%zx\r\n", bytes.size()));
        return write(size + std::string(bytes) + "\r\n");
    }
    bool end_chunks() { return write("0\r\n\r\n"); }
    // The peer sees a reset, not an end.
    void reset() {
        const linger at_once{.l_onoff = 1, .l_linger = 0};
        ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        broken_ = true;
    }
    bool stopping() const { return stopping_; }
    // Until the peer closes.
    void wait_for_close() {
        while (!broken_) read_more();
    }

private:
    bool wait() {
        while (!stopping_) {
            pollfd waited{.fd = socket_, .events = POLLIN, .revents = 0};
            if (::poll(&waited, 1, 20) > 0) return true;
        }
        return false;
    }
    void read_more() {
        char part[16'384];
        if ((ssl_ == nullptr || ::SSL_pending(ssl_) == 0) && !wait()) {
            broken_ = true;
            return;
        }
        const auto count = ssl_ != nullptr ? static_cast<ssize_t>(::SSL_read(ssl_, part, sizeof part))
                                           : ::recv(socket_, part, sizeof part, 0);
        if (count <= 0) broken_ = true;
        if (count > 0) buffer_.append(part, static_cast<std::size_t>(count));
    }
    std::size_t content_length(std::size_t end) const {
        const auto at = buffer_.find("Content-Length:");
        return at < end ? std::stoul(buffer_.substr(at + 15)) : 0;
    }

    int socket_;
    const std::atomic<bool>& stopping_;
    SSL* ssl_ = nullptr;
    bool broken_ = false;
    std::string buffer_;
};

// Lifetime: joins its threads. `serve` runs on a thread of its own per connection.
class LoopbackServer {
public:
    using Serve = std::function<void(LoopbackConnection& connection, int number)>;

    explicit LoopbackServer(Serve serve, std::optional<Identity> identity = {}, const std::string& client_ca = {})
        : serve_(std::move(serve)), listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        CHECK(::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
        CHECK(::listen(listener_, 16) == 0);
        socklen_t size = sizeof address;
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
        port_ = ntohs(address.sin_port);
        if (identity) use_tls(*identity, client_ca);
        acceptor_ = std::jthread([this] { accept_all(); });
    }
    LoopbackServer(const LoopbackServer&) = delete;
    LoopbackServer& operator=(const LoopbackServer&) = delete;
    ~LoopbackServer() {
        stop();
        if (tls_ != nullptr) ::SSL_CTX_free(tls_);
    }

    std::string url() const {
        return (tls_ != nullptr ? "https://127.0.0.1:" : "http://127.0.0.1:") + std::to_string(port_);
    }
    int connections() const { return connections_; }
    void stop() {
        stopping_ = true;
        if (acceptor_.joinable()) acceptor_.join();
        if (listener_ >= 0) ::close(std::exchange(listener_, -1));
    }

private:
    void accept_all() {
        std::vector<std::jthread> serving;
        while (!stopping_) {
            pollfd waited{.fd = listener_, .events = POLLIN, .revents = 0};
            if (::poll(&waited, 1, 20) <= 0) continue;
            const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
            if (socket < 0) continue;
            serving.emplace_back([this, socket, number = connections_++] {
                LoopbackConnection connection(socket, tls_, stopping_);
                serve_(connection, number);
            });
        }
    }
    void use_tls(const Identity& identity, const std::string& client_ca) {
        tls_ = ::SSL_CTX_new(::TLS_server_method());
        const auto read = [](const std::string& pem) { return ::BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())); };
        BIO* certificate_bio = read(identity.certificate_pem);
        BIO* key_bio = read(identity.key_pem);
        X509* certificate = ::PEM_read_bio_X509(certificate_bio, nullptr, nullptr, nullptr);
        EVP_PKEY* key = ::PEM_read_bio_PrivateKey(key_bio, nullptr, nullptr, nullptr);
        CHECK(::SSL_CTX_use_certificate(tls_, certificate) == 1 && ::SSL_CTX_use_PrivateKey(tls_, key) == 1);
        ::X509_free(certificate);
        ::EVP_PKEY_free(key);
        ::BIO_free(certificate_bio);
        ::BIO_free(key_bio);
        if (client_ca.empty()) return;
        BIO* ca_bio = read(client_ca);
        X509* authority = ::PEM_read_bio_X509(ca_bio, nullptr, nullptr, nullptr);
        ::X509_STORE_add_cert(::SSL_CTX_get_cert_store(tls_), authority);
        ::SSL_CTX_set_verify(tls_, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
        ::X509_free(authority);
        ::BIO_free(ca_bio);
    }

    Serve serve_;
    int listener_;
    int port_ = 0;
    SSL_CTX* tls_ = nullptr;
    std::atomic<bool> stopping_{false};
    std::atomic<int> connections_{0};
    std::jthread acceptor_;
};

}  // namespace moldau::kube
