// Where the API server is and who we are: kubeconfig, pods, plugins.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>

#include "operator/kube/connection_source.h"
#include "operator/kube/in_cluster.h"
#include "operator/kube/kubeconfig.h"
#include "operator/kube/process.h"
#include "operator/loop/manual_loop.h"
#include "operator/loop/real_loop.h"

namespace moldau::kube {
namespace {

using testing::HasSubstr;

constexpr std::string_view kConfig = R"(
apiVersion: v1
kind: Config
current-context: dev
clusters:
- name: c
  cluster: {server: "https://10.0.0.1:6443", certificate-authority-data: Y2E=}
users:
- name: cert
  user: {client-certificate: pki/me.crt, client-key: /pki/me.key}
- name: plugin
  user:
    exec:
      apiVersion: client.authentication.k8s.io/v1
      command: ./login
      args: [--cluster, c]
      env: [{name: REGION, value: eu}]
      interactiveMode: IfAvailable
      provideClusterInfo: true
- name: old
  user: {username: me, password: secret}
contexts:
- name: dev
  context: {cluster: c, user: cert, namespace: mine}
- name: login
  context: {cluster: c, user: plugin}
- name: basic
  context: {cluster: c, user: old}
- name: lost
  context: {cluster: gone, user: cert}
)";

TEST(Kubeconfig, PicksTheCurrentContext) {
    const auto config = parse_kubeconfig(kConfig, "/home/me/.kube/config");
    ASSERT_TRUE(config) << config.error().context;

    const auto spec = pick_context(*config, "");

    ASSERT_TRUE(spec);
    EXPECT_EQ(spec->server, "https://10.0.0.1:6443");
    EXPECT_EQ(spec->authority.data, "ca");
    EXPECT_EQ(spec->certificate.file, "/home/me/.kube/pki/me.crt");
    EXPECT_EQ(spec->key.file, "/pki/me.key");
    EXPECT_EQ(spec->ns, "mine");
}

TEST(Kubeconfig, ReadsExecPlugins) {
    const auto spec = pick_context(*parse_kubeconfig(kConfig, "/k/config"), "login");
    ASSERT_TRUE(spec);
    ASSERT_TRUE(spec->exec);
    EXPECT_EQ(spec->exec->command, "/k/login");
    EXPECT_EQ(spec->exec->arguments, (std::vector<std::string>{"--cluster", "c"}));
    EXPECT_EQ(spec->exec->environment[0].first, "REGION");
    EXPECT_TRUE(spec->exec->provide_cluster_info);
    EXPECT_EQ(spec->ns, "default");
}

TEST(Kubeconfig, RefusesWhatItCannotHonour) {
    const auto config = *parse_kubeconfig(kConfig, "config");
    EXPECT_EQ(pick_context(config, "basic").error().context, "config: users[old].user.username: is not supported");
    EXPECT_EQ(pick_context(config, "lost").error().context,
              "config: contexts[lost].context.cluster: no cluster has the name \"gone\"");
    EXPECT_THAT(pick_context(config, "no").error().context, HasSubstr("contexts[no]: no such context"));
}

struct FaultyConfig {
    const char* text;
    const char* fault;
};
TEST(Kubeconfig, NamesFileAndKeyOfAFault) {
    for (const auto& [text, fault] : {
             FaultyConfig{"clusters: [{name: c, cluster: {}}]", "f: clusters[c].cluster.server: missing"},
             FaultyConfig{"clusters: [{name: c, cluster: {server: ftp://x}}]",
                          "f: clusters[c].cluster.server: must begin with"},
             FaultyConfig{"clusters: [{name: c, cluster: {server: 'https://x', certificate-authority-data: '!'}}]",
                          "f: clusters[c].cluster.certificate-authority-data: is no base64"},
             FaultyConfig{"clusters: [{name: c, cluster: {server: 'https://x', insecure-skip-tls-verify: maybe}}]",
                          "f: clusters[c].cluster.insecure-skip-tls-verify: must be true or false"},
             FaultyConfig{"clusters: 7", "f: clusters: must be a list"},
             FaultyConfig{"clusters: [7]", "f: clusters[0]: must be a mapping"},
             FaultyConfig{"users: [{user: {}}]", "f: users[0].name: missing"},
             FaultyConfig{"users: [{name: u, user: {client-certificate: a}}]",
                          "f: users[u].user: client-certificate and client-key"},
             FaultyConfig{"users: [{name: u, user: {exec: {apiVersion: client.authentication.k8s.io/v1}}}]",
                          "f: users[u].user.exec.command: missing"},
             FaultyConfig{"users: [{name: u, user: {exec: {apiVersion: v1alpha1, command: c}}}]",
                          "f: users[u].user.exec.apiVersion: must"},
             FaultyConfig{
                 "users: [{name: u, user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: c, interactiveMode: "
                 "Always}}}]",
                 "f: users[u].user.exec.interactiveMode: Always"},
             FaultyConfig{"kind: Pod", "f: kind: must be Config"},
             FaultyConfig{"7", "f: (root): must be a mapping"},
             FaultyConfig{"a: [", "f: line "},
             FaultyConfig{"a: *b", "f: line "},
         }) {
        const auto config = parse_kubeconfig(text, "f");
        ASSERT_FALSE(config) << text;
        EXPECT_EQ(config.error().code, Errc::kUsage);
        EXPECT_THAT(config.error().context, HasSubstr(fault)) << text;
    }
}

TEST(Kubeconfig, LetsTheFirstFileWin) {
    auto config = *parse_kubeconfig("clusters: [{name: c, cluster: {server: 'https://first'}}]", "1");
    merge_kubeconfig(config, *parse_kubeconfig("current-context: x\n"
                                               "clusters: [{name: c, cluster: {server: 'https://second'}}]\n"
                                               "contexts: [{name: x, context: {cluster: c}}]",
                                               "2"));
    const auto spec = pick_context(config, "");
    ASSERT_TRUE(spec);
    EXPECT_EQ(spec->server, "https://first");
    EXPECT_EQ(spec->origin, "2 context x");
}

class FilesTest : public testing::Test {
protected:
    FilesTest() {
        std::string pattern = (std::filesystem::temp_directory_path() / "moldau-kube-XXXXXX").string();
        folder_ = ::mkdtemp(pattern.data());
    }
    ~FilesTest() override { std::filesystem::remove_all(folder_); }

    std::string write(const std::string& name, const std::string& text) {
        std::ofstream(folder_ / name) << text;
        return (folder_ / name).string();
    }
    std::string write_program(const std::string& name, const std::string& text) {
        const auto path = write(name, text);
        std::filesystem::permissions(path, std::filesystem::perms::owner_all);
        return path;
    }
    Environment environment(std::map<std::string, std::string> values) {
        return [values = std::move(values)](const char* name) -> std::optional<std::string> {
            const auto found = values.find(name);
            if (found == values.end()) return std::nullopt;
            return found->second;
        };
    }

    std::filesystem::path folder_;
};

TEST_F(FilesTest, FindsThePodsServiceAccount) {
    write("namespace", "moldau-system");
    const auto spec = in_cluster_spec(
        environment({{"KUBERNETES_SERVICE_HOST", "10.96.0.1"}, {"KUBERNETES_SERVICE_PORT", "443"}}), folder_.string());
    ASSERT_TRUE(spec);
    EXPECT_EQ(spec->server, "https://10.96.0.1:443");
    EXPECT_EQ(spec->token.file, (folder_ / "token").string());
    EXPECT_EQ(spec->ns, "moldau-system");
    const auto v6 = in_cluster_spec(environment({{"KUBERNETES_SERVICE_HOST", "fd00::1"}}), folder_.string());
    EXPECT_EQ(v6->server, "https://kubernetes.default.svc:443");
    EXPECT_FALSE(in_cluster_spec(environment({}), folder_.string()));
}

TEST_F(FilesTest, PrefersTheFileAskedForThenTheEnvironment) {
    const auto minimal = [](const std::string& server) {
        return "current-context: x\nclusters: [{name: c, cluster: {server: 'https://" + server +
               "'}}]\ncontexts: [{name: x, context: {cluster: c}}]\n";
    };
    const auto asked = write("asked", minimal("asked"));
    const auto named = write("named", minimal("named"));
    std::filesystem::create_directory(folder_ / ".kube");
    write(".kube/config", minimal("home"));
    const auto home = folder_.string();

    EXPECT_EQ(find_connection({.kubeconfig = asked}, environment({{"KUBECONFIG", named}}))->server, "https://asked");
    EXPECT_EQ(find_connection({}, environment({{"KUBECONFIG", "/none:" + named}, {"HOME", home}}))->server, "https://named");
    EXPECT_EQ(find_connection({}, environment({{"HOME", home}, {"KUBERNETES_SERVICE_HOST", "1.2.3.4"}}))->server,
              "https://1.2.3.4:443");
    EXPECT_EQ(find_connection({}, environment({{"HOME", home}}))->server, "https://home");
    EXPECT_THAT(find_connection({.kubeconfig = "/none"}, environment({})).error().context, HasSubstr("/none"));
}

TEST_F(FilesTest, ReadsTheTokenAgainEveryMinuteAndOnRefusal) {
    loop::ManualLoop loop;
    const auto token = write("token", "first\n");
    ConnectionSource source(loop, {.origin = "test", .server = "https://x", .token = {.file = token}});
    const auto now = [&] {
        std::string text;
        spawn(source.current(), [&](const Result<Connection>& connection) { text = connection->token; });
        return text;
    };
    EXPECT_EQ(now(), "first");
    write("token", "second\n");
    loop.advance(Millis{59'000});
    EXPECT_EQ(now(), "first");
    loop.advance(Millis{1'000});
    EXPECT_EQ(now(), "second");

    write("token", "third");
    source.expire();
    EXPECT_EQ(now(), "second") << "within a second of the last reading";
    loop.advance(Millis{1'000});
    EXPECT_EQ(now(), "third");

    std::filesystem::remove(token);
    loop.advance(Millis{120'000});
    EXPECT_EQ(now(), "third") << "a file that is away for a moment";
}

TEST_F(FilesTest, SaysWhichFileIsMissing) {
    loop::ManualLoop loop;
    ConnectionSource source(loop, {.origin = "in-cluster", .server = "https://x", .token = {.file = "/none/token"}});
    Result<Connection> connection;
    spawn(source.current(), [&](Result<Connection> result) { connection = std::move(result); });
    ASSERT_FALSE(connection);
    EXPECT_THAT(connection.error().context, HasSubstr("in-cluster: read /none/token: No such file"));
}

template <class T>
T run_real(loop::RealLoop& loop, Task<T> task) {
    std::optional<T> result;
    loop.post([&] {
        spawn(std::move(task), [&](T value) {
            result.emplace(std::move(value));
            loop.stop();
        });
    });
    loop.run();
    return *std::move(result);
}

TEST_F(FilesTest, RunsAPluginOnceUntilItsCredentialExpires) {
    loop::RealLoop loop;
    const auto plugin = write_program("plugin", R"(#!/bin/sh
echo run >>"$1"
cat <<EOT
{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1",
 "status":{"token":"$REGION","expirationTimestamp":"2999-01-01T00:00:00Z"}}
EOT
echo "$KUBERNETES_EXEC_INFO" >"$1.info"
)");
    const auto log = (folder_ / "log").string();
    ConnectionSource source(
        loop, {.origin = "test",
               .server = "https://x",
               .exec = ExecPlugin{
                   .command = plugin, .arguments = {log}, .environment = {{"REGION", "eu"}}, .provide_cluster_info = true}});

    EXPECT_EQ(run_real(loop, source.current())->token, "eu");
    EXPECT_EQ(run_real(loop, source.current())->token, "eu");

    EXPECT_EQ(std::filesystem::file_size(log), 4U);
    std::string info;
    std::getline(std::ifstream(log + ".info"), info);
    EXPECT_THAT(info, HasSubstr(R"("server":"https://x")"));
}

TEST_F(FilesTest, SaysWhatIsWrongWithAPlugin) {
    loop::RealLoop loop;
    const auto fault_of = [&](const std::string& script) {
        ConnectionSource source(
            loop, {.origin = "cfg",
                   .server = "https://x",
                   .exec = ExecPlugin{.command = write_program("p", "#!/bin/sh\n" + script), .install_hint = "get it"}});
        return run_real(loop, source.current()).error().context;
    };
    EXPECT_THAT(fault_of("echo no such user >&2; exit 3"), HasSubstr("status 3: no such user"));
    EXPECT_THAT(fault_of("echo hello"), HasSubstr("no JSON: hello"));
    EXPECT_THAT(fault_of("echo '{\"kind\":\"ExecCredential\",\"apiVersion\":\"client.authentication.k8s.io/v1\"}'"),
                HasSubstr("neither token nor clientCertificateData"));
    ConnectionSource missing(
        loop, {.origin = "cfg", .server = "https://x", .exec = ExecPlugin{.command = "/none", .install_hint = "get it"}});
    EXPECT_THAT(run_real(loop, missing.current()).error().context, HasSubstr("/none: No such file or directory (get it)"));
}

TEST(Process, KillsAProgramThatDoesNotEndOrPrintsTooMuch) {
    loop::RealLoop loop;
    const auto endless = run_real(loop, run_program(loop, {.program = "sleep", .arguments = {"60"}, .timeout = Millis{50}}));
    ASSERT_FALSE(endless);
    EXPECT_EQ(endless.error().code, Errc::kTimedOut);
    const auto chatty = run_real(loop, run_program(loop, {.program = "yes", .output_bytes_max = 1'000}));
    ASSERT_FALSE(chatty);
    EXPECT_EQ(chatty.error().code, Errc::kLimitExceeded);
    const auto killed = run_real(loop, run_program(loop, {.program = "sh", .arguments = {"-c", "kill -9 $$"}}));
    EXPECT_EQ(killed->status, 137);
}

}  // namespace
}  // namespace moldau::kube
