"""Options, environment, defaults, addresses."""

import pytest
from dispatch_protocol.errors import UsageError
from dispatch_protocol.vocabulary import JobType, ProviderType
from dispatch_worker.config import Settings, coordinator_addresses, ollama_address, read_settings


def test_the_guides_defaults() -> None:
    assert read_settings({}, {}) == Settings(
        socket_url="ws://localhost:4010/",
        shown_address="ws://localhost:4010",
        claim_url="http://localhost:4010/v1/trust/claim",
        generate_url="http://localhost:11434/api/generate",
        key_path="./data/worker-key.json",
        pairing_code=None,
        model="llama3.2",
        provider_type=ProviderType.DESKTOP,
        capabilities=(JobType.LLM_INFER, JobType.TASK),
        concurrency=1,
        llm="ollama",
        reconnect=True,
        verbose=False,
    )


def test_the_guides_variables() -> None:
    settings = read_settings(
        {},
        {
            "COORDINATOR_URL": "http://localhost:4020",
            "OLLAMA_BASE_URL": "http://gpu:1234",
            "WORKER_KEY_PATH": "/keys/two.json",
            "TRUST_PAIRING_CODE": " a3F2b1 ",
            "OLLAMA_MODEL": "mistral",
        },
    )
    assert settings.socket_url == "ws://localhost:4020/"
    assert settings.generate_url == "http://gpu:1234/api/generate"
    assert settings.key_path == "/keys/two.json"
    assert settings.pairing_code == " a3F2b1 "
    assert settings.model == "mistral"


@pytest.mark.parametrize(
    ("name", "variable", "member", "option"),
    [
        ("coordinator_url", "COORDINATOR_URL", "shown_address", "http://option"),
        ("ollama_url", "OLLAMA_BASE_URL", "generate_url", "http://option"),
        ("key_path", "WORKER_KEY_PATH", "key_path", "option"),
        ("pairing_code", "TRUST_PAIRING_CODE", "pairing_code", "option"),
        ("ollama_model", "OLLAMA_MODEL", "model", "option"),
    ],
)
def test_an_option_beats_its_variable_and_empty_is_unset(
    name: str, variable: str, member: str, option: str
) -> None:
    default = getattr(read_settings({}, {}), member)
    both = read_settings({name: option}, {variable: "http://variable"})
    assert "option" in getattr(both, member)
    assert "variable" in getattr(read_settings({}, {variable: "http://variable"}), member)
    assert getattr(read_settings({}, {variable: ""}), member) == default
    assert getattr(read_settings({name: ""}, {variable: "http://variable"}), member) == default


@pytest.mark.parametrize(
    ("url", "addresses"),
    [
        ("http://h:1", ("ws://h:1/", "ws://h:1", "http://h:1/v1/trust/claim")),
        ("http://h:1/", ("ws://h:1/", "ws://h:1", "http://h:1/v1/trust/claim")),
        ("http://h:1///", ("ws://h:1/", "ws://h:1", "http://h:1/v1/trust/claim")),
        ("https://h", ("wss://h/", "wss://h", "https://h/v1/trust/claim")),
        ("ws://h:1/", ("ws://h:1/", "ws://h:1", "http://h:1/v1/trust/claim")),
        ("wss://h/ws/", ("wss://h/ws", "wss://h/ws", "https://h/v1/trust/claim")),
        ("HTTP://h:1/a?b=c", ("ws://h:1/a?b=c", "ws://h:1/a", "http://h:1/v1/trust/claim")),
        ("http://[::1]:4010", ("ws://[::1]:4010/", "ws://[::1]:4010", "http://[::1]:4010/v1/trust/claim")),
    ],
)
def test_w_con_1_2_3_addresses(url: str, addresses: tuple[str, str, str]) -> None:
    assert coordinator_addresses(url) == addresses


@pytest.mark.parametrize("base", ["http://o:1", "http://o:1/", "http://o:1//"])
def test_ollamas_address(base: str) -> None:
    assert ollama_address(base) == "http://o:1/api/generate"


def test_ollama_below_a_path() -> None:
    assert ollama_address("https://proxy/llm/") == "https://proxy/llm/api/generate"


@pytest.mark.parametrize(
    "url",
    [
        "localhost:4010",
        "ftp://h",
        "http://",
        "http:///x",
        "http://h:0",
        "http://h:99999",
        "http://h:x",
        "http://[::1",
        "http://u:secret@h",
        "http://h/#x",
        "http://h\r\nX: y",
        "http://h h",
        "http://h\\x",
        "//h",
        "x",
    ],
)
def test_a_url_that_is_none_is_refused(url: str) -> None:
    for name in ("coordinator_url", "ollama_url"):
        with pytest.raises(UsageError) as caught:
            read_settings({name: url}, {})
        assert str(caught.value).isprintable()
        assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("options", "members"),
    [
        ({"provider_type": "SEEKER"}, {"capabilities": (JobType.TASK,)}),
        (
            {"provider_type": "SEEKER", "capabilities": "LLM_INFER"},
            {"provider_type": ProviderType.SEEKER, "capabilities": (JobType.LLM_INFER,)},
        ),
        ({"capabilities": "TASK, TASK"}, {"capabilities": (JobType.TASK,)}),
        ({"concurrency": "64"}, {"concurrency": 64}),
        ({"longest_wait": "0.01"}, {"longest_wait": 0.01}),
        ({"longest_wait": "30"}, {"longest_wait": 30.0}),
        ({"llm": "stub"}, {"llm": "stub"}),
        ({"llm": "none"}, {"llm": "none"}),
        ({"no_reconnect": "yes"}, {"reconnect": False}),
        ({"verbose": "yes"}, {"verbose": True}),
    ],
)
def test_the_other_options(options: dict[str, str], members: dict[str, object]) -> None:
    settings = read_settings(options, {})
    assert {name: getattr(settings, name) for name in members} == members


@pytest.mark.parametrize(
    "options",
    [
        {"provider_type": "PHONE"},
        {"capabilities": "TASK,"},
        {"capabilities": "task"},
        {"longest_wait": "0"},
        {"longest_wait": "30.1"},
        {"longest_wait": "nan"},
        {"longest_wait": "soon"},
        {"concurrency": "0"},
        {"concurrency": "65"},
        {"concurrency": "-1"},
        {"concurrency": "²"},
        {"concurrency": "9" * 5000},
        {"llm": "gpt"},
        {"ollama_url": "http://h?x=y"},
    ],
)
def test_values_that_are_refused(options: dict[str, str]) -> None:
    with pytest.raises(UsageError):
        read_settings(options, {})
