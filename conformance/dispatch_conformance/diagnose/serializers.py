"""The serializers that are modelled, each a style under the name it has in the vectors, the likeliest first.

How each is called and what marks it stands in the table of foreign-serializers.json; those that the table
lacks say it here. A recipe says how to make that library write the canonical text, or that it cannot.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from json import loads
from types import MappingProxyType
from typing import Any, Final

from dispatch_conformance.diagnose import numbers as n
from dispatch_conformance.diagnose import strings as s
from dispatch_conformance.diagnose import styles as t
from dispatch_conformance.diagnose.styles import Style


@dataclass(frozen=True, slots=True)
class Serializer:
    """A serializer by name. `how` says how it is called, empty where the vectors' table does."""

    name: str
    style: Style
    how: str = ""

    @property
    def title(self) -> str:
        """Its name, and how it is called."""
        return f"{self.name} ({self.how or table()['serializers'][self.name]['how']})"


def recipe(name: str) -> str:
    """How to make that library write the canonical text; empty where there is nothing to say."""
    return next((text for start, text in _RECIPES.items() if name.startswith(start)), "")


@cache
def table() -> Mapping[str, Any]:
    """The vectors of foreign serializers: `serializers` by name, and `cases`."""
    text = (files("dispatch_protocol") / "vectors" / "foreign-serializers.json").read_text("utf-8")
    return MappingProxyType(loads(text))


_PYTHON: Final = Style(t.COMPACT, t.INSERTED, s.RAW, n.PYTHON)
_GO: Final = Style(t.COMPACT, t.SORTED, s.GO, n.GO)
_JACKSON: Final = Style(t.COMPACT, t.INSERTED, s.JAVA, n.JAVA)
_PHP: Final = Style(t.COMPACT, t.INSERTED, s.PHP, n.PHP)
_RUST: Final = Style(t.COMPACT, t.INSERTED, s.RAW, n.RUST)
_NLOHMANN: Final = Style(t.COMPACT, t.SORTED, s.RAW, n.NLOHMANN)
_RUBY: Final = Style(t.COMPACT, t.INSERTED, s.RAW, n.RUBY)
_JQ: Final = Style(t.LINE, t.INSERTED, s.JQ, n.JQ)

SERIALIZERS: Final = (
    Serializer("python-json-default", Style(t.SPACED, t.INSERTED, s.ASCII, n.PYTHON)),
    Serializer("python-json-compact", Style(t.COMPACT, t.INSERTED, s.ASCII, n.PYTHON)),
    Serializer("python-json-sorted", Style(t.SPACED, t.SORTED, s.ASCII, n.PYTHON)),
    Serializer("python-json-compact-sorted", Style(t.COMPACT, t.SORTED, s.ASCII, n.PYTHON)),
    Serializer("python-json-compact-unicode", _PYTHON),
    Serializer("python-json-unicode", Style(t.SPACED, t.INSERTED, s.RAW, n.PYTHON)),
    Serializer("python-json-compact-sorted-unicode", Style(t.COMPACT, t.SORTED, s.RAW, n.PYTHON)),
    Serializer("python-json-indent2", Style(t.TWO, t.INSERTED, s.ASCII, n.PYTHON)),
    Serializer(
        "python-json-indent4",
        Style(t.FOUR, t.INSERTED, s.ASCII, n.PYTHON),
        "json.dumps(v, indent=4), CPython",
    ),
    Serializer("go-encoding-json", _GO),
    Serializer(
        "go-encoding-json-1.22", Style(t.COMPACT, t.SORTED, s.GO_1_22, n.GO), "json.Marshal, Go 1.22 or later"
    ),
    Serializer("go-encoder", Style(t.LINE, t.SORTED, s.GO, n.GO)),
    Serializer("go-encoder-no-html", Style(t.LINE, t.SORTED, s.GO_LINES, n.GO)),
    Serializer("go-marshal-indent", Style(t.TWO, t.SORTED, s.GO, n.GO)),
    Serializer("go-use-number", Style(t.COMPACT, t.SORTED, s.GO, n.LITERAL)),
    Serializer(
        "go-struct",
        Style(t.COMPACT, t.INSERTED, s.GO, n.GO),
        "json.Marshal of a struct, whose fields keep their order, Go",
    ),
    Serializer("rust-serde-json", Style(t.COMPACT, t.SORTED, s.RAW, n.RUST)),
    Serializer("rust-serde-json-preserve-order", _RUST),
    Serializer("java-jackson", _JACKSON),
    Serializer("java-jackson-tree", _JACKSON),
    Serializer("java-jackson-sorted", Style(t.COMPACT, t.SORTED_UNITS, s.JAVA, n.JAVA)),
    Serializer("java-jackson-ascii", Style(t.COMPACT, t.INSERTED, s.ASCII_UPPER, n.JAVA)),
    Serializer("java-jackson-pretty", Style(t.JACKSON_PRETTY, t.INSERTED, s.JAVA, n.JAVA)),
    Serializer("java-gson", Style(t.COMPACT, t.INSERTED, s.GSON, n.JAVA_DOUBLES, t.NO_NULLS)),
    Serializer("java-gson-tree", Style(t.COMPACT, t.INSERTED, s.GSON, n.LITERAL, t.NO_NULLS)),
    Serializer("java-gson-no-html", Style(t.COMPACT, t.INSERTED, s.GSON_PLAIN, n.LITERAL)),
    Serializer("android-org-json", Style(t.COMPACT, t.INSERTED, s.ANDROID, n.ANDROID)),
    Serializer("dotnet-system-text-json", Style(t.COMPACT, t.INSERTED, s.DOTNET, n.DOTNET)),
    Serializer("dotnet-newtonsoft", Style(t.COMPACT, t.INSERTED, s.NEWTONSOFT, n.NEWTONSOFT)),
    Serializer("php-json-encode", _PHP),
    Serializer("php-json-encode-assoc", Style(t.COMPACT, t.INSERTED, s.PHP, n.PHP, t.PHP_ARRAYS)),
    Serializer("php-json-encode-unescaped", Style(t.COMPACT, t.INSERTED, s.LINES, n.PHP)),
    Serializer("php-json-encode-zero-fraction", Style(t.COMPACT, t.INSERTED, s.PHP, n.PHP_FRACTION)),
    Serializer("php-json-encode-pretty", Style(t.FOUR, t.INSERTED, s.PHP, n.PHP)),
    Serializer("ruby-json-generate", _RUBY),
    Serializer("ruby-json-pretty", Style(t.RUBY_TWO, t.INSERTED, s.RAW, n.RUBY)),
    Serializer("ruby-rails-to-json", Style(t.COMPACT, t.INSERTED, s.RAILS, n.RUBY)),
    Serializer("cpp-nlohmann", _NLOHMANN),
    Serializer("cpp-nlohmann-ascii", Style(t.COMPACT, t.SORTED, s.ASCII_STRICT, n.NLOHMANN)),
    Serializer("cpp-nlohmann-ordered", Style(t.COMPACT, t.INSERTED, s.RAW, n.NLOHMANN)),
    Serializer("python-orjson", Style(t.COMPACT, t.INSERTED, s.RAW, n.ORJSON)),
    Serializer("python-orjson-sorted", Style(t.COMPACT, t.SORTED, s.RAW, n.ORJSON)),
    Serializer("python-ujson", Style(t.COMPACT, t.INSERTED, s.UJSON, n.UJSON)),
    Serializer("perl-json-pp-canonical", Style(t.COMPACT, t.SORTED, s.RAW, n.PERL)),
    Serializer("perl-json-pp-canonical-ascii", Style(t.COMPACT, t.SORTED, s.ASCII_BUT_DEL, n.PERL)),
    Serializer("jcs-rfc8785", Style(t.COMPACT, t.SORTED_UNITS, s.RAW)),
    Serializer("jq-compact", _JQ),
    Serializer("jq-compact-sorted", Style(t.LINE, t.SORTED, s.JQ, n.JQ)),
    Serializer("jq-pretty", Style(t.TWO_LINE, t.INSERTED, s.JQ, n.JQ)),
    Serializer("postgres-jsonb", Style(t.SPACED, t.BY_LENGTH, s.RAW, n.NUMERIC)),
    Serializer("postgres-jsonb-then-js", Style(t.COMPACT, t.BY_LENGTH_INDICES_FIRST, s.RAW)),
    Serializer("js-pretty-2", Style(t.TWO)),
    Serializer("js-pretty-4", Style(t.FOUR)),
    Serializer("js-pretty-tab", Style(t.TAB)),
    Serializer("js-pretty-2-newline", Style(t.TWO_LINE)),
    Serializer("js-ascii-escaped", Style(escapes=s.ASCII)),
    Serializer("js-slash-escaped", Style(escapes=s.SLASH)),
    Serializer(
        "swift-sorted-keys",
        Style(t.COMPACT, t.SORTED, s.SLASH),
        "JSONEncoder with .sortedKeys, Swift (constructed from its documentation)",
    ),
    Serializer(
        "dart-json-encode",
        Style(t.COMPACT, t.INSERTED, s.ECMASCRIPT, n.DART),
        "jsonEncode, Dart (constructed from its documentation)",
    ),
)
"""Every modelled serializer. Where several fit, the order here is the order in which they are named."""

_RECIPES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "python-json": 'use json.dumps(output, separators=(",", ":"), ensure_ascii=False), print whole '
        "floats as integers and exponents as JavaScript does, and put integer keys first",
        "python-orjson": "convert whole floats to int before orjson.dumps, without OPT_SORT_KEYS",
        "python-ujson": "ujson.dumps(output, escape_forward_slashes=False, ensure_ascii=False)",
        "go-": "encode structs or an ordered map with SetEscapeHTML(false), and cut the final line feed off",
        "rust-": "turn on serde_json's preserve_order, and print whole floats as integers",
        "java-jackson": "keep members in a LinkedHashMap, print whole doubles as integers, on one line",
        "java-gson": "use disableHtmlEscaping() and serializeNulls(), and print whole doubles as integers",
        "android-org-json": "org.json escapes every slash: undo that in its text, or write the text yourself",
        "dotnet-system": "use JavaScriptEncoder.UnsafeRelaxedJsonEscaping, and undo what it still escapes",
        "dotnet-newtonsoft": "use Formatting.None, and print whole doubles as integers",
        "php-": "use json_encode on objects, with JSON_UNESCAPED_SLASHES, JSON_UNESCAPED_UNICODE and "
        "JSON_UNESCAPED_LINE_TERMINATORS",
        "ruby-rails": "use JSON.generate rather than to_json, and print whole floats as integers",
        "ruby-": "use JSON.generate, and print whole floats as integers",
        "cpp-nlohmann": "use nlohmann::ordered_json and dump(), and print whole floats as integers",
        "jcs-": "RFC 8785 sorts members: keep the order in which you send them",
        "jq-": "hash the text without the line feed that jq prints (-j), and without -S",
        "postgres-": "jsonb does not keep the members' order: keep the text itself",
        "swift-": "add .withoutEscapingSlashes, and write the members in the order in which you send them",
    }
)
