"""Schema files (*.msg) of messages: their parser and what they mean; docs/formats/wire-schema.md has the format.

`Parser(path).parse()` gives the messages of one file, resolved and checked. Every fault is a SchemaError with file and line.
"""

import os
import re

INTEGERS = {"int8": 1, "int16": 2, "uint16": 2, "int32": 4, "uint32": 4, "int64": 8}
FIXED = {**INTEGERS, "bool": 1, "float64": 8, "uuid": 16}
CPP_TYPES = {"bool": "bool", "float64": "double", "uuid": "Uuid", "string": "std::string", "bytes": "bytes::View",
             "records": "bytes::ChunkList", **{name: f"std::{name}_t" for name in INTEGERS}}
# Names that a C++ member cannot have: the language's, and those that the generated methods use themselves.
KEYWORDS = set("""alignas and auto bool break case catch char class const continue default delete do double else enum
    explicit export extern false float for friend goto if inline int long mutable namespace new not operator or private
    protected public register requires return short signed sizeof static struct switch template this throw true try typedef
    typename union unsigned using virtual void volatile while xor
    decode encode field from_json in out read tags to_json unknown_tags version write""".split())
VERSION_MAX = 32767
NEVER = 32767
FIELD_NAME = re.compile(r"[a-z][A-Za-z0-9]*$")
TYPE_NAME = re.compile(r"[A-Z][A-Za-z0-9]*$")
TYPE = re.compile(r"(\[\])?([A-Za-z][A-Za-z0-9]*)(\?(\S*))?$")


class SchemaError(Exception):
    """A fault in a schema file; its text is "file:line: what"."""


def fail(where, what):
    raise SchemaError(f"{where}: {what}")


class Versions:
    """An inclusive range."""

    def __init__(self, low, high):
        self.low, self.high = low, high

    @staticmethod
    def parse(text, where):
        match = re.fullmatch(r"(\d+)(\+|-(\d+))?", text)
        if not match:
            fail(where, f"'{text}' is no range of versions (3, 3+ or 3-7)")
        low = int(match[1])
        high = low if not match[2] else VERSION_MAX if match[2] == "+" else int(match[3])
        if low > high or low > VERSION_MAX:
            fail(where, f"the range of versions '{text}' is empty")
        return Versions(low, high)

    def cut(self, other):
        low, high = max(self.low, other.low), min(self.high, other.high)
        return Versions(low, high) if low <= high else None

    def hull(self, other):
        return Versions(min(self.low, other.low), max(self.high, other.high))

    def covers(self, other):
        return self.low <= other.low and other.high <= self.high

    def condition(self, context):
        """The C++ test for `version` to be in this range, given that it is in `context`; empty when it always is."""
        if self.low == self.high and not self.covers(context):
            return f"version == {self.low}"
        tests = []
        if self.low > context.low:
            tests.append(f"version >= {self.low}")
        if self.high < context.high:
            tests.append(f"version <= {self.high}")
        return " && ".join(tests)


def snake(name):
    name = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", name)
    return re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name).lower()


# ---------------------------------------------------------------------------------------------------------------- the model


class Struct:
    """A list of fields: a message's own, one declared by `struct`, or one written below the field that uses it."""

    def __init__(self, name, where):
        self.name, self.where, self.fields = name, where, []
        self.versions = None  # those in which it can occur, known once the message has been resolved


class Field:
    def __init__(self, name, where):
        self.name, self.where = name, where
        self.cpp = snake(name)
        if self.cpp in KEYWORDS:
            self.cpp += "_"
        self.is_array = False
        self.base = ""           # a scalar's name, or the struct's
        self.struct = None
        self.versions = None
        self.nullable = None     # None or Versions
        self.tag = None
        self.default = None      # as written
        self.ignorable = self.inflexible = False

    def is_scalar(self):
        return not self.is_array and self.base in FIXED

    def is_optional(self):
        return self.nullable is not None or (self.base == "records" and not self.is_array)

    def is_null_by_default(self):
        return self.is_optional() and (self.default == "null" or self.base == "records")


class Message(Struct):
    def __init__(self, name, where):
        super().__init__(name, where)
        self.api = self.record = self.flexible = None
        self.listeners, self.is_unstable = [], False
        self.structs = {}

    def is_flexible(self, version):
        return self.flexible is not None and version >= self.flexible


# -------------------------------------------------------------------------------------------------------------- the parser


class Parser:
    """One schema file. Depth is two spaces a level; a line belongs to the nearest line above that is one level less deep."""

    def __init__(self, path):
        self.path, self.messages = path, []

    def parse(self):
        owners = []
        with open(self.path, encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                where = f"{self.path}:{number}"
                text = line.split("#", 1)[0].rstrip()
                if not text:
                    continue
                depth = self.depth_of(text, where)
                if depth > len(owners):
                    fail(where, "indented under nothing that can hold fields")
                del owners[depth:]
                owners.append(self.line(text.split(), owners, where))
        for message in self.messages:
            Resolver(message).run()
        return self.messages

    @staticmethod
    def depth_of(text, where):
        spaces = len(text) - len(text.lstrip(" "))
        if text[spaces] == "\t" or spaces % 2:
            fail(where, "indent by two spaces a level")
        return spaces // 2

    def line(self, words, owners, where):
        if not owners:
            return self.message(words, where)
        message = owners[0]
        if words[0] == "struct" and len(owners) == 1:
            return self.struct(message, words, where)
        owner = owners[-1]
        if isinstance(owner, Field):
            if owner.base in CPP_TYPES:
                fail(where, f"'{owner.name}' is of type {owner.base} and holds no fields")
            if owner.struct is None:
                owner.struct = self.declare(message, owner.base, owner.where)
            owner = owner.struct
        field = self.field(words, where)
        if any(other.name == field.name for other in owner.fields):
            fail(where, f"'{field.name}' is declared twice")
        owner.fields.append(field)
        return field

    def message(self, words, where):
        if words[0] != "message" or len(words) < 2 or not TYPE_NAME.match(words[1]):
            fail(where, "expected 'message Name ...'")
        message = Message(words[1], where)
        rest = iter(words[2:])
        for word in rest:
            if word == "unstable":
                message.is_unstable = True
                continue
            value = next(rest, None)
            if value is None:
                fail(where, f"'{word}' needs a value")
            self.attribute(message, word, value, where)
        self.messages.append(message)
        return message

    @staticmethod
    def attribute(message, word, value, where):
        if word in ("api", "record"):
            if not value.isdigit() or int(value) > VERSION_MAX:
                fail(where, f"'{value}' is no {word} number")
            setattr(message, word, int(value))
        elif word == "versions":
            message.versions = None if value == "none" else Versions.parse(value, where)
        elif word == "flexible":
            versions = Versions.parse(value, where)
            if versions.high != VERSION_MAX:
                fail(where, "flexible versions are open: 'flexible 9+'")
            message.flexible = versions.low
        elif word == "listeners":
            message.listeners = value.split(",")
            if not set(message.listeners) <= {"broker", "controller"}:
                fail(where, "listeners are 'broker' and 'controller'")
        else:
            fail(where, f"'{word}' is no attribute of a message")

    def struct(self, message, words, where):
        if len(words) != 2 or not TYPE_NAME.match(words[1]):
            fail(where, "expected 'struct Name'")
        return self.declare(message, words[1], where)

    @staticmethod
    def declare(message, name, where):
        if name in message.structs or name == message.name:
            fail(where, f"struct '{name}' is declared twice")
        message.structs[name] = Struct(name, where)
        return message.structs[name]

    def field(self, words, where):
        if len(words) < 2 or not FIELD_NAME.match(words[0]):
            fail(where, "expected 'name type ...', the name in lowerCamelCase")
        field = Field(words[0], where)
        match = TYPE.match(words[1])
        if not match or (match[2] not in CPP_TYPES and not TYPE_NAME.match(match[2])):
            fail(where, f"'{words[1]}' is no type")
        field.is_array, field.base = bool(match[1]), match[2]
        if match[3]:
            field.nullable = Versions.parse(match[4] or "0+", where)
        self.options(field, words[2:], where)
        return field

    @staticmethod
    def options(field, words, where):
        rest = iter(words)
        for word in rest:
            if word == "ignorable":
                field.ignorable = True
            elif word == "inflexible":
                field.inflexible = True
            elif word in ("tag", "="):
                value = next(rest, None)
                if value is None or (word == "tag" and not value.isdigit()):
                    fail(where, f"'{word}' needs a value")
                if word == "tag":
                    field.tag = int(value)
                else:
                    field.default = value
            elif word[0].isdigit() and field.versions is None:
                field.versions = Versions.parse(word, where)
            else:
                fail(where, f"'{word}' is no option of a field")


class Resolver:
    """Finds what names mean, in which versions each struct and field exists, and checks what can only be checked then."""

    def __init__(self, message):
        self.message, self.open = message, []

    def run(self):
        message = self.message
        if message.versions is None:
            if message.fields:
                fail(message.where, "a message without versions has no fields")
            return
        if message.versions.high == VERSION_MAX:
            fail(message.where, "a message names its last version")
        self.visit(message, message.versions)
        for struct in message.structs.values():
            if struct.versions is None:
                fail(struct.where, f"struct '{struct.name}' is used by no field")
        self.check_elements(message)

    def visit(self, struct, context):
        if struct in self.open:
            fail(struct.where, f"struct '{struct.name}' contains itself")
        self.open.append(struct)
        struct.versions = context if struct.versions is None else struct.versions.hull(context)
        for field in struct.fields:
            self.resolve(field, struct.versions)
        self.check_tags(struct)
        self.open.pop()

    def resolve(self, field, context):
        if not hasattr(field, "declared"):
            field.declared, field.declared_nullable = field.versions or Versions(0, VERSION_MAX), field.nullable
        field.versions = field.declared.cut(context)
        if field.versions is None:
            fail(field.where, f"'{field.name}' exists in no version of its message")
        if field.declared_nullable:
            field.nullable = field.declared_nullable.cut(field.versions)
            if field.nullable is None:
                fail(field.where, f"'{field.name}' is nullable only where it does not exist")
        if field.base not in CPP_TYPES:
            if field.struct is None:
                field.struct = self.message.structs.get(field.base)
            if field.struct is None:
                fail(field.where, f"'{field.base}' is no type and no struct of {self.message.name}")
            self.visit(field.struct, field.versions)
        self.check(field)

    def check(self, field):
        where = field.where
        if field.base in FIXED and not field.is_array and field.nullable:
            fail(where, f"{field.base} cannot be null")
        if field.base == "records" and field.is_array:
            fail(where, "there are no arrays of records")
        if field.tag is not None and not self.message.is_flexible(field.versions.low):
            fail(where, f"'{field.name}' is tagged in versions that are not flexible")
        if field.default is None:
            return
        if field.default == "null":
            if not field.is_optional():
                fail(where, f"'{field.name}' cannot be null")
        elif field.is_array or field.base not in {**INTEGERS, "bool": 1, "float64": 8, "string": 0}:
            fail(where, f"a default for '{field.name}' can only be null")
        else:
            self.check_default(field)

    @staticmethod
    def check_default(field):
        text, where = field.default, field.where
        if field.base == "bool":
            valid = text in ("true", "false")
        elif field.base == "string":
            valid = re.fullmatch(r'"[A-Za-z0-9_.-]*"', text)
        elif field.base == "float64":
            valid = re.fullmatch(r"-?\d+(\.\d+)?", text)
        else:
            valid = re.fullmatch(r"-?\d+|0x[0-9a-fA-F]+", text)
            if valid:
                bits, value = 8 * INTEGERS[field.base], int(text, 0)
                low, high = (0, 2**bits - 1) if field.base[0] == "u" else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
                valid = low <= value <= high
        if not valid:
            fail(where, f"'{text}' is no {field.base}")

    @staticmethod
    def check_tags(struct):
        tags = [field.tag for field in struct.fields if field.tag is not None]
        if len(tags) != len(set(tags)):
            fail(struct.where, f"a tag is used twice in {struct.name}")

    def check_elements(self, struct):
        for owner in [self.message, *self.message.structs.values()]:
            for field in owner.fields:
                if field.is_array and field.struct and element_bytes_min(self.message, field) == 0:
                    fail(field.where, f"an element of '{field.name}' may take no bytes, so its count cannot be bounded")


def bytes_min(message, field, version):
    """The fewest bytes that a present field can take, without what a tag adds."""
    short = message.is_flexible(version) and not field.inflexible
    if field.is_array:
        return 1 if short else 4
    if field.base in FIXED:
        return FIXED[field.base]
    if field.base == "string":
        return 1 if short else 2
    if field.struct is None:
        return 1 if short else 4
    return 1 if field.nullable else struct_bytes_min(message, field.struct, version)


def struct_bytes_min(message, struct, version):
    total = 1 if message.is_flexible(version) else 0
    for field in struct.fields:
        if field.tag is None and field.versions.low <= version <= field.versions.high:
            total += bytes_min(message, field, version)
    return total


def element_bytes_min(message, field):
    """Over all versions; bounds an array's length before anything is allocated for it."""
    versions = range(field.versions.low, field.versions.high + 1)
    if field.struct:
        return min(struct_bytes_min(message, field.struct, version) for version in versions)
    if field.base in FIXED:
        return FIXED[field.base]
    return min(1 if message.is_flexible(version) else 2 if field.base == "string" else 4 for version in versions)


def file_stem(path):
    """00_produce.msg is "produce"."""
    return re.sub(r"^\d+_", "", os.path.basename(path).removesuffix(".msg"))


def check_all(messages):
    """What concerns several files: names are unique, APIs complete."""
    names, keys = {}, {}
    for message in messages:
        if message.name in names:
            fail(message.where, f"message '{message.name}' is declared twice")
        names[message.name] = message
        if message.api is not None:
            keys.setdefault(message.api, []).append(message)
    for pair in keys.values():
        stems = {re.sub("(Request|Response)$", "", message.name) for message in pair}
        if len(pair) != 2 or len(stems) != 1 or pair[0].name == pair[1].name:
            fail(pair[0].where, f"API {pair[0].api} needs one Request and one Response of the same name")
