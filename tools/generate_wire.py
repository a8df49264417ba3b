#!/usr/bin/env python3
"""Writes C++ for the messages that schema files (*.msg) declare; docs/formats/wire-schema.md has the format.

    generate_wire.py --namespace wire --include wire --out build/dev/broker/wire broker/wire/schema/*.msg

Every NN_name.msg becomes name.h and name.cc; beside them registry.h/.cc (all messages by name) and, when a message has an
API key, api_keys.h/.cc. A file whose text would not change is left alone, so that nothing is compiled again.
"""

import argparse
import os
import re
import sys

from wire_schema import (CPP_TYPES, FIXED, NEVER, VERSION_MAX, Parser, SchemaError, Versions, check_all, element_bytes_min,
                         file_stem)


# ------------------------------------------------------------------------------------------------------------- C++: types


def cpp_type(field):
    base = field.struct.name if field.struct else CPP_TYPES[field.base]
    if field.is_array:
        base = f"std::vector<{base}>"
    return f"std::optional<{base}>" if field.is_optional() else base


def initializer(field):
    """What follows the name in the declaration."""
    if field.is_optional():
        if field.is_null_by_default():
            return ""
        base = cpp_type(field)[len("std::optional<"):-1]
        return f" = {base}{{{string_default(field)}}}"
    if field.is_array or field.struct or field.base in ("uuid", "bytes"):
        return ""
    if field.base == "string":
        return f" = {field.default}" if field.default else ""
    return f" = {literal(field)}"


def string_default(field):
    return field.default if field.base == "string" and field.default else ""


def literal(field):
    if field.base == "bool":
        return field.default or "false"
    if field.base == "float64":
        return str(float(field.default or 0))
    value = int(field.default or "0", 0)
    return "INT64_MIN" if value == -(2**63) else str(value)


def differs(field):
    """A C++ test for a value other than the default."""
    name = field.cpp
    if field.is_optional():
        if field.is_null_by_default():
            return f"{name}.has_value()"
        if field.struct and not field.is_array:
            return f"!({name} && *{name} == {field.struct.name}{{}})"
        return f"!({name} && *{name} == {field.default})" if string_default(field) else f"!({name} && {name}->empty())"
    if field.is_array or field.base == "bytes":
        return f"!{name}.empty()"
    if field.struct:
        return f"!({name} == {field.struct.name}{{}})"
    if field.base == "uuid":
        return f"!{name}.is_zero()"
    if field.base == "string":
        return f"{name} != {field.default}" if field.default else f"!{name}.empty()"
    if field.base == "bool":
        return name if literal(field) == "false" else f"!{name}"
    return f"{name} != {literal(field)}"


# ---------------------------------------------------------------------------------------------------- C++: bodies of methods


class Body:
    """Statements of one method, those under the same condition gathered in one block."""

    def __init__(self):
        self.blocks = []

    def add(self, condition, lines, otherwise=()):
        if otherwise or not self.blocks or self.blocks[-1][0] != condition or self.blocks[-1][2]:
            self.blocks.append((condition, [], list(otherwise)))
        self.blocks[-1][1].extend(lines)

    def render(self):
        lines = []
        for condition, inner, otherwise in self.blocks:
            if not condition:
                lines += inner
                continue
            if inner:
                lines += [f"if ({condition}) {{"] + ["    " + line for line in inner]
            if otherwise:
                lines += ["} else {" if inner else f"if (!({condition})) {{"] + ["    " + line for line in otherwise]
            if inner or otherwise:
                lines.append("}")
        return lines


class StructWriter:
    """The four methods of one struct."""

    def __init__(self, message, struct, cpp_name):
        self.message, self.struct, self.cpp_name = message, struct, cpp_name
        flexible = message.flexible
        self.has_tags = flexible is not None and flexible <= struct.versions.high
        self.tags_when = Versions(flexible, VERSION_MAX).condition(struct.versions) if self.has_tags else ""
        self.plain = [field for field in struct.fields if field.tag is None]
        self.tagged = sorted((field for field in struct.fields if field.tag is not None), key=lambda field: field.tag)

    def when(self, field):
        return field.versions.condition(self.struct.versions)

    def when_tagged(self, field):
        """As `when`, given that the version is flexible."""
        low = max(self.message.flexible, self.struct.versions.low)
        return field.versions.condition(Versions(low, self.struct.versions.high))

    @staticmethod
    def null_refused(field, stream):
        """A line that refuses null in the versions that do not have it."""
        if not field.is_optional():
            return []
        line = f'{stream}.refuse_null(!{field.cpp}.has_value(), "{field.name}");'
        if field.nullable is None:
            return [line]
        condition = field.nullable.condition(field.versions)
        return [f"if (!({condition})) {line}"] if condition else []

    # -- from bytes

    def read_field(self, field):
        name, quoted = field.cpp, f'"{field.name}"'
        if field.struct and field.is_array:
            bound = element_bytes_min(self.message, field)
            lines = [f"wire::read_structs(in, {name}, {{{quoted}, {bound}}}, version);"]
        elif field.struct and field.nullable:
            presence = "presence" if field.tag is None else "tagged_presence"
            lines = [f"if (in.read_{presence}({quoted})) {name}.emplace({field.struct.name}{{}}).read(in, version);"]
        elif field.struct:
            lines = [f"{name}.read(in, version);"]
        elif field.is_array:
            lines = [f"in.read_array({name}, {quoted});"]
        else:
            nullable = "nullable_" if field.is_optional() and field.base != "records" else ""
            lines = [f"{name} = in.read_{nullable}{field.base}({quoted});"]
        if field.is_optional() and not field.is_null_by_default() and field.struct and not field.is_array:
            lines.insert(0, f"{name}.reset();")
        lines += self.null_refused(field, "in")
        if field.inflexible:
            lines = ["{", "    const wire::Inflexible scope{in};", *["    " + line for line in lines], "}"]
        return lines

    def read(self):
        body = Body()
        for field in self.plain:
            body.add(self.when(field), self.read_field(field))
        if self.has_tags:
            body.add(self.tags_when, self.read_tags())
        return body.render()

    def read_tags(self):
        if not self.tagged:
            return ["in.read_unknown_tags(unknown_tags);"]
        lines = ["for (wire::TagReader tags{in}; tags.next();) {", "    switch (tags.tag()) {"]
        for field in self.tagged:
            lines.append(f"        case {field.tag}:")
            condition = self.when_tagged(field)
            inner = self.read_field(field)
            if condition:
                lines += [f"            if (!({condition})) {{", "                tags.keep(unknown_tags);",
                          "                break;", "            }"]
            lines += ["            " + line for line in inner] + ["            break;"]
        return lines + ["        default:", "            tags.keep(unknown_tags);", "    }", "}"]

    # -- to bytes

    def write_field(self, field, out="out"):
        name, quoted = field.cpp, f'"{field.name}"'
        lines = self.null_refused(field, out)
        if field.struct and field.is_array:
            lines.append(f"wire::write_structs({out}, {name}, {quoted}, version);")
        elif field.struct and field.nullable:
            presence = "presence" if field.tag is None else "tagged_presence"
            lines.append(f"{out}.write_{presence}({name}.has_value());")
            lines.append(f"if ({name}) {name}->write({out}, version);")
        elif field.struct:
            lines.append(f"{name}.write({out}, version);")
        elif field.is_array:
            lines.append(f"{out}.write_array({name}, {quoted});")
        elif field.base in FIXED:
            lines.append(f"{out}.write_{field.base}({name});")
        else:
            lines.append(f"{out}.write_{field.base}({name}, {quoted});")
        if field.inflexible:
            lines = ["{", "    const wire::Inflexible scope{out};", *["    " + line for line in lines], "}"]
        return lines

    def refused(self, field):
        if field.ignorable:
            return []
        return [f'if ({differs(field)}) out.refuse_field("{field.name}");']

    def write(self):
        body = Body()
        for field in self.plain:
            condition = self.when(field)
            body.add(condition, self.write_field(field), self.refused(field) if condition else ())
        for field in self.tagged:
            condition = self.when(field)
            if condition:
                body.add(condition, [], self.refused(field))
        if self.has_tags:
            body.add(self.tags_when, self.write_tags())
        return body.render()

    def write_tags(self):
        if not self.tagged:
            return ["out.write_unknown_tags(unknown_tags);"]
        lines = ["wire::TagWriter tags{out};"]
        for field in self.tagged:
            condition = " && ".join(part for part in (self.when_tagged(field), differs(field)) if part)
            lines += [f"if ({condition}) {{", f"    wire::Encoder& field = tags.begin({field.tag});"]
            lines += ["    " + line for line in self.write_field(field, "field")] + ["    tags.end();", "}"]
        return lines + ["tags.finish(unknown_tags);"]

    # -- JSON

    def to_json(self):
        body = Body()
        for field in self.struct.fields:
            lines = self.json_field(field)
            if field.tag is not None:
                lines = [f"if ({differs(field)}) {{", *["    " + line for line in lines], "}"]
            body.add(self.when(field), lines)
        if self.has_tags:
            body.add(self.tags_when, ["out.unknown_tags(unknown_tags);"])
        return ["out.begin_object();", *body.render(), "out.end_object();"]

    @staticmethod
    def json_field(field):
        if field.struct and field.is_array:
            return [f'wire::json_structs(out, "{field.name}", {field.cpp}, version);']
        if field.struct and field.nullable:
            return [f'out.key("{field.name}");', f"if ({field.cpp}) {field.cpp}->to_json(out, version);", "else out.null();"]
        if field.struct:
            return [f'out.key("{field.name}");', f"{field.cpp}.to_json(out, version);"]
        return [f'out.member("{field.name}", {field.cpp});']

    def from_json(self):
        body = Body()
        for field in self.struct.fields:
            lines = self.from_json_field(field)
            if field.tag is not None:
                lines = [f'if (in.has("{field.name}")) {{', *["    " + line for line in lines], "}"]
            body.add(self.when(field), lines)
        if self.has_tags:
            body.add(self.tags_when, ["in.unknown_tags(unknown_tags);"])
        return ["if (!in.begin_object()) return;", *body.render(), "in.end_object();"]

    def from_json_field(self, field):
        name = field.cpp
        if field.struct and field.is_array:
            lines = [f'wire::json_structs(in, "{field.name}", {name}, version);']
        elif field.struct and field.nullable:
            lines = [f'if (in.take_null("{field.name}")) {name}.reset();',
                     f'else in.child("{field.name}", {name}.emplace({field.struct.name}{{}}), version);']
        elif field.struct:
            lines = [f'in.child("{field.name}", {name}, version);']
        else:
            lines = [f'in.member("{field.name}", {name});']
        return lines + self.null_refused(field, "in")

    def source(self):
        methods = [("void {}::read(wire::Decoder& in, std::int16_t version)", "in", self.read()),
                   ("void {}::write(wire::Encoder& out, std::int16_t version) const", "out", self.write()),
                   ("void {}::to_json(wire::JsonWriter& out, std::int16_t version) const", "out", self.to_json()),
                   ("void {}::from_json(wire::JsonReader& in, std::int16_t version)", "in", self.from_json())]
        lines = []
        for signature, stream, body in methods:
            text = re.sub('"[^"]*"', "", "\n".join(body))
            if not re.search(r"\bversion\b", text):
                signature = signature.replace("std::int16_t version", "std::int16_t")
            if not re.search(rf"\b{stream}\b", text):
                signature = signature.replace(f"& {stream},", "&,")
            lines += [signature.format(self.cpp_name) + " {", *["    " + line for line in body], "}"]
        return lines


# ------------------------------------------------------------------------------------------------------------ C++: files

METHODS = """void read(wire::Decoder& in, std::int16_t version);
void write(wire::Encoder& out, std::int16_t version) const;
void to_json(wire::JsonWriter& out, std::int16_t version) const;
void from_json(wire::JsonReader& in, std::int16_t version);""".split("\n")


def in_order(message):
    """The message's structs, each after those that it contains."""
    done = []

    def visit(struct):
        for field in struct.fields:
            if field.struct and field.struct not in done:
                visit(field.struct)
        done.append(struct)

    visit(message)
    return done[:-1]


def members(message, struct):
    lines = [f"{cpp_type(field)} {field.cpp}{initializer(field)};" for field in struct.fields]
    if message.flexible is not None and message.flexible <= struct.versions.high:
        lines.append("wire::TaggedFields unknown_tags;")
    return lines


def declaration(message):
    flexible = NEVER if message.flexible is None else message.flexible
    number = [f"static constexpr std::int16_t kApiKey = {message.api};"] if message.api is not None else []
    if message.record is not None:
        number = [f"static constexpr std::int16_t kRecordType = {message.record};"]
    lines = [f"struct {message.name} {{", f'    static constexpr std::string_view kName = "{message.name}";',
             *["    " + line for line in number],
             f"    static constexpr std::int16_t kVersionMin = {message.versions.low};",
             f"    static constexpr std::int16_t kVersionMax = {message.versions.high};",
             f"    static constexpr std::int16_t kFirstFlexibleVersion = {flexible};", ""]
    for struct in in_order(message):
        lines.append(f"    struct {struct.name} {{")
        lines += ["        " + line for line in members(message, struct)]
        lines.append(f"        bool operator==(const {struct.name}&) const = default;")
        lines += ["        " + line for line in METHODS] + ["    };", ""]
    lines += ["    " + line for line in members(message, message)]
    lines += ["", f"    bool operator==(const {message.name}&) const = default;",
              f"    static Result<{message.name}> decode(wire::Decoder& in, std::int16_t version);",
              "    void encode(wire::Encoder& out, std::int16_t version) const;"]
    return lines + ["    " + line for line in METHODS] + ["};"]


def definition(message):
    name = message.name
    lines = []
    for struct in in_order(message):
        lines += StructWriter(message, struct, f"{name}::{struct.name}").source()
    lines += StructWriter(message, message, name).source()
    number = message.api if message.api is not None else message.record if message.record is not None else -1
    lines += [f"Result<{name}> {name}::decode(wire::Decoder& in, std::int16_t version) {{",
              f"    {name} message;",
              f"    if (in.begin(wire::message_info<{name}>(), version)) message.read(in, version);",
              "    if (!in.ok()) return moldau::fail(in.error());", "    return message;", "}",
              f"void {name}::encode(wire::Encoder& out, std::int16_t version) const {{",
              f"    if (out.begin(wire::message_info<{name}>(), version)) write(out, version);", "}",
              f"extern const wire::MessageType k{name}Type;",
              f"const wire::MessageType k{name}Type = wire::message_type<{name}>({number});"]
    return lines


class Output:
    """The generated files of one namespace."""

    def __init__(self, options):
        self.namespace, self.include, self.folder = options.namespace, options.include, options.out

    def note(self, source, text):
        return f"// {text} Generated by tools/generate_wire.py from {source}: change that, not this.\n"

    def put(self, name, text):
        path = os.path.join(self.folder, name)
        try:
            with open(path, encoding="utf-8") as file:
                if file.read() == text:
                    return
        except FileNotFoundError:
            pass
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)

    def wrap(self, lines):
        body = "\n".join(lines)
        return f"namespace moldau::{self.namespace} {{\n\n{body}\n\n}}  // namespace moldau::{self.namespace}\n"

    def messages(self, path, messages):
        source = os.path.basename(path)
        stem = file_stem(path)
        live = [message for message in messages if message.versions]
        header = [line for message in live for line in [*declaration(message), ""]]
        self.put(f"{stem}.h", self.note(source, "Messages as structs.") + '\n#pragma once\n\n#include "wire/message.h"\n\n'
                 + self.wrap(header[:-1]))
        body = [line for message in live for line in [*definition(message), ""]]
        self.put(f"{stem}.cc", self.note(source, "Messages to and from bytes and JSON.")
                 + f'\n#include "{self.include}/{stem}.h"\n#include "wire/message_codec.h"\n\n' + self.wrap(body[:-1]))

    def registry(self, messages):
        names = sorted(message.name for message in messages if message.versions)
        self.put("registry.h", self.note("all schemas", "All messages by name.")
                 + '\n#pragma once\n\n#include <span>\n\n#include "wire/message_type.h"\n\n'
                 + self.wrap(["// Sorted by name.", "std::span<const wire::MessageType* const> message_types();"]))
        lines = [f"extern const wire::MessageType k{name}Type;" for name in names]
        lines += ["", "namespace {", "constexpr const wire::MessageType* kTypes[] = {"]
        lines += [f"    &k{name}Type," for name in names] + ["};", "}  // namespace", ""]
        lines += ["std::span<const wire::MessageType* const> message_types() { return kTypes; }"]
        self.put("registry.cc", self.note("all schemas", "All messages by name.")
                 + f'\n#include "{self.include}/registry.h"\n\n' + self.wrap(lines))

    def api_keys(self, messages):
        requests = sorted((m for m in messages if m.api is not None and m.name.endswith("Request")), key=lambda m: m.api)
        names = [message.name.removesuffix("Request") for message in requests]
        enum = [f"    k{name} = {message.api}," for name, message in zip(names, requests)]
        self.put("api_keys.h", self.note("all schemas", "The keys of the protocol's APIs.")
                 + "\n#pragma once\n\n#include <cstdint>\n\n"
                 + self.wrap(["enum class ApiKey : std::int16_t {", *enum, "};"]))
        rows = [self.api_row(name, message) for name, message in zip(names, requests)]
        lines = ["namespace {", "constexpr Api kApis[] = {", *rows, "};", "}  // namespace", "",
                 "std::span<const Api> apis() { return kApis; }"]
        self.put("api_keys.cc", self.note("all schemas", "The table behind wire/api_table.h.")
                 + f'\n#include "{self.include}/api_table.h"\n\n' + self.wrap(lines))

    @staticmethod
    def api_row(name, message):
        low, high = (message.versions.low, message.versions.high) if message.versions else (0, -1)
        flexible = NEVER if message.flexible is None else message.flexible
        words = {"": "kNone", "broker": "kBroker", "controller": "kController", "broker,controller": "kBoth"}
        listeners = words[",".join(sorted(message.listeners))]
        return (f'    {{ApiKey::k{name}, "{name}", {low}, {high}, {high - 1 if message.is_unstable else high}, {flexible}, '
                f"Listeners::{listeners}}},")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--namespace", required=True, help="under moldau::")
    parser.add_argument("--include", required=True, help="folder that the generated files are included from")
    parser.add_argument("--out", required=True, help="folder that they are written to")
    parser.add_argument("schemas", nargs="+")
    options = parser.parse_args()
    try:
        parsed = [(path, Parser(path).parse()) for path in sorted(options.schemas)]
        messages = [message for _, found in parsed for message in found]
        check_all(messages)
    except SchemaError as error:
        print(error, file=sys.stderr)
        return 1
    os.makedirs(options.out, exist_ok=True)
    output = Output(options)
    for path, found in parsed:
        output.messages(path, found)
    output.registry(messages)
    if any(message.api is not None for message in messages):
        output.api_keys(messages)
    return 0


if __name__ == "__main__":
    sys.exit(main())
