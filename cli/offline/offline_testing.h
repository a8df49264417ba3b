// Folders as Kafka leaves them, made small, for the tests of this folder.

#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include "base/uuid.h"
#include "log/segment.h"
#include "wire/batch_builder.h"

namespace moldau::cli {

inline void write_file(const std::string& path, std::string_view content) {
    std::filesystem::create_directories(std::filesystem::path{path}.parent_path());
    std::ofstream{path, std::ios::binary} << content;
}

inline std::string content_of(const std::string& path) {
    std::ifstream file{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{file}, {}};
}

// Every file below `folder` with its content.
inline std::map<std::string, std::string> tree_of(const std::string& folder) {
    std::map<std::string, std::string> tree;
    for (const auto& entry : std::filesystem::recursive_directory_iterator{folder}) {
        if (entry.is_regular_file()) tree[entry.path().string()] = content_of(entry.path().string());
    }
    return tree;
}

inline std::string batch_bytes(Offset base, int records, wire::BatchOptions options = {}) {
    options.base_offset = base;
    if (options.leader_epoch == kNoLeaderEpoch) options.leader_epoch = LeaderEpoch{3};
    wire::BatchBuilder builder{options};
    const std::string value = "value";
    for (int at = 0; at < records; ++at) {
        builder.append({.timestamp = 1000 + base.value + at,
                        .value = bytes::Span{reinterpret_cast<const std::uint8_t*>(value.data()), value.size()}});
    }
    return std::string{builder.build_plain()->text()};
}

inline Uuid test_id(std::uint8_t number) {
    Uuid id;
    id.bytes[0] = 0x40;
    id.bytes[15] = number;
    return id;
}

class FolderTest : public testing::Test {
protected:
    void SetUp() override {
        std::string name = std::filesystem::temp_directory_path() / "moldau-offline-XXXXXX";
        ASSERT_NE(::mkdtemp(name.data()), nullptr);
        folder_ = name;
    }
    void TearDown() override { std::filesystem::remove_all(folder_); }

    std::string path(std::string_view name) const { return folder_ + '/' + std::string{name}; }

    // A stopped Kafka's directory with one topic "orders" of one partition, 0 to 4.
    std::string kafka(std::string_view name = "kafka") const {
        const auto made = path(name);
        write_file(made + "/meta.properties",
                   "version=1\nnode.id=7\ncluster.id=abc\ndirectory.id=" + test_id(1).to_string() + '\n');
        write_file(made + "/.kafka_cleanshutdown", "{\"version\":0,\"brokerEpoch\":11}");
        write_file(made + "/recovery-point-offset-checkpoint", "0\n1\norders 0 5\n");
        write_file(made + "/replication-offset-checkpoint", "0\n1\norders 0 5\n");
        write_file(made + "/log-start-offset-checkpoint", "0\n0\n");
        partition(made + "/orders-0", test_id(9));
        write_file(segment(made + "/orders-0", Offset{0}), batch_bytes(Offset{0}, 3) + batch_bytes(Offset{3}, 2));
        return made;
    }
    static void partition(const std::string& at, Uuid topic) {
        write_file(at + "/partition.metadata", "version: 0\ntopic_id: " + topic.to_string() + '\n');
        write_file(at + "/leader-epoch-checkpoint", "0\n1\n3 0\n");
    }
    static std::string segment(const std::string& at, Offset base, std::string_view suffix = log::kLogSuffix) {
        return log::segment_path(at, base, suffix);
    }

private:
    std::string folder_;
};

}  // namespace moldau::cli
