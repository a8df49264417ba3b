// The only place that knows the JSON library's types.

#include "wire/json_reader.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/base64.h"
#include "wire/json_writer.h"

namespace moldau::wire {

struct JsonReader::Document {
    struct Level {
        const nlohmann::json* value;
        std::string label;
        std::vector<std::string_view> read;  // members of this object
    };
    nlohmann::json root;
    std::vector<Level> levels;

    const nlohmann::json& here() const { return *levels.back().value; }
};

JsonReader::JsonReader(std::string_view text) : document_(std::make_unique<Document>()) {
    try {
        document_->root = nlohmann::json::parse(text);
    } catch (const nlohmann::json::parse_error& error) {
        error_ = Error{Errc::kMalformed, "JSON is broken at byte " + std::to_string(error.byte)};
    } catch (const nlohmann::json::exception&) {
        error_ = Error{Errc::kMalformed, "JSON has a number that is too large"};
    }
    document_->levels.push_back({&document_->root, {}, {}});
}

JsonReader::~JsonReader() = default;

std::string JsonReader::place() const {
    std::string text;
    for (const auto& level : document_->levels) {
        if (!text.empty() && !level.label.starts_with('[')) text += '.';
        text += level.label;
    }
    return text.empty() ? "message" : text;
}

void JsonReader::fail(const std::string& what) {
    if (!error_) error_ = Error{Errc::kMalformed, place() + ": " + what};
}

bool JsonReader::begin(const MessageInfo& message, std::int16_t version) {
    if (ok() && (version < message.version_min || version > message.version_max)) {
        error_ = Error{Errc::kUnsupportedVersion, std::string(message.name) + ": version " + std::to_string(version) +
                                                      " is not " + std::to_string(message.version_min) + " to " +
                                                      std::to_string(message.version_max)};
    }
    return ok();
}

void JsonReader::refuse_null(bool is_null, const char* field) {
    if (is_null) fail(std::string(field) + " must not be null");
}

bool JsonReader::begin_object() {
    if (ok() && !document_->here().is_object()) fail("expected an object");
    return ok();
}

void JsonReader::end_object() {
    if (!ok()) return;
    const auto& level = document_->levels.back();
    for (const auto& [name, value] : level.value->items()) {
        const bool is_known = std::ranges::find(level.read, name) != level.read.end();
        if (!is_known) return fail("has no field '" + name + "' in this version");
    }
}

bool JsonReader::has(const char* name) const { return ok() && document_->here().contains(name); }

bool JsonReader::take_null(const char* name) {
    if (!has(name) || !document_->here()[name].is_null()) return false;
    document_->levels.back().read.push_back(name);
    return true;
}

bool JsonReader::enter(const char* name) {
    if (!ok()) return false;
    auto& level = document_->levels.back();
    const auto member = level.value->find(name);
    if (member == level.value->end()) {
        fail(std::string("lacks the field '") + name + "'");
        return false;
    }
    level.read.push_back(name);
    document_->levels.push_back({&*member, name, {}});
    return true;
}

bool JsonReader::enter(std::size_t index) {
    if (!ok()) return false;
    document_->levels.push_back({&document_->here()[index], '[' + std::to_string(index) + ']', {}});
    return true;
}

void JsonReader::leave() { document_->levels.pop_back(); }

std::size_t JsonReader::array_size() {
    if (!ok()) return 0;
    if (!document_->here().is_array()) {
        fail("expected an array");
        return 0;
    }
    return document_->here().size();
}

bool JsonReader::is_null() const { return ok() && document_->here().is_null(); }

std::int64_t JsonReader::integer(std::int64_t low, std::int64_t high) {
    if (!ok()) return 0;
    const auto& value = document_->here();
    const bool is_huge = value.is_number_unsigned() && value.get<std::uint64_t>() > std::uint64_t{INT64_MAX};
    if (!value.is_number_integer() || is_huge || value.get<std::int64_t>() < low || value.get<std::int64_t>() > high) {
        fail("expected an integer from " + std::to_string(low) + " to " + std::to_string(high));
        return 0;
    }
    return value.get<std::int64_t>();
}

void JsonReader::take(bool& to) {
    if (!ok()) return;
    if (!document_->here().is_boolean()) return fail("expected true or false");
    to = document_->here().get<bool>();
}

void JsonReader::take(double& to) {
    if (!ok()) return;
    const auto& value = document_->here();
    if (value.is_number()) {
        to = value.get<double>();
    } else if (value == "NaN") {
        to = std::nan("");
    } else if (value == "Infinity" || value == "-Infinity") {
        to = value == "Infinity" ? HUGE_VAL : -HUGE_VAL;
    } else {
        fail("expected a number");
    }
}

void JsonReader::take(std::string& to) {
    if (!ok()) return;
    if (!document_->here().is_string()) return fail("expected a string");
    to = document_->here().get_ref<const std::string&>();
}

void JsonReader::take(bytes::View& to) {
    std::string text;
    take(text);
    const auto data = base64_decode(text);
    if (!data) return fail(data.error().context);
    to = bytes::View::copy_of(*data);
}

void JsonReader::take(bytes::ChunkList& to) {
    bytes::View view;
    take(view);
    to = bytes::ChunkList{view};
}

void JsonReader::take(Uuid& to) {
    std::string text;
    take(text);
    const auto id = ok() ? Uuid::parse(text) : Result<Uuid>{};
    if (!id) return fail("expected a uuid, 22 characters of base64url");
    to = *id;
}

void JsonReader::unknown_tags(TaggedFields& to) {
    if (!has(kUnknownTagsKey) || !enter(kUnknownTagsKey)) return;
    const auto count = array_size();
    for (std::size_t index = 0; index < count && enter(index); ++index) {
        if (begin_object()) {
            auto& field = to.emplace_back();
            member("tag", field.tag);
            member("data", field.data);
            end_object();
        }
        leave();
    }
    leave();
}

}  // namespace moldau::wire
