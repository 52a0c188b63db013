"""The requests that are compared: every task of every provider, with inputs that show its mapping."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

PICTURE, SOUND = b"IMG", b"AUD"  # They begin like no known format, so that no type is guessed.
PNG, WAV = b"\x89PNG\r\n\x1a\n...", b"RIFF....WAVEfmt "

SCHEMA = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}
MESSAGES = [{"role": "user", "content": "hi"}]
TOOL_MESSAGES = [
    {"role": "user", "content": "hi"},
    {
        "role": "assistant",
        "content": None,
        "tool_calls": [
            {"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
        ],
    },
    {"role": "tool", "tool_call_id": "1", "content": ""},
]
TOOLS = [{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}]


@dataclass(frozen=True, kw_only=True)
class Case:
    """One call, the same for both clients.

    Attributes:
        name: What it shows, beside the task.
        inputs: The canonical inputs: a text, bytes, messages, or an object.
        parameters: The parameters by their wire names.
        model: The model's id at the provider.
        adapter: The path of an adapter's weights, where the model is one.
        url: The model server that is called, instead of a model.
    """

    provider: str
    task: str
    name: str = "plain"
    inputs: Any = "a cat"
    parameters: Mapping[str, Any] = field(default_factory=dict)
    model: str = "own/model"
    adapter: str | None = None
    url: str | None = None

    @property
    def id(self) -> str:
        return f"{self.provider}/{self.task}/{self.name}"


def _chat(provider: str) -> list[Case]:
    formed = {"type": "json_schema", "json_schema": {"name": "n", "schema": SCHEMA, "strict": True}}
    chats = [
        ("plain", MESSAGES, {}),
        ("parameters", MESSAGES, {"max_tokens": 5, "temperature": 0, "stop": ["x"], "seed": None}),
        ("stream", MESSAGES, {"stream": True, "stream_options": {"include_usage": True}}),
        ("schema", MESSAGES, {"response_format": formed}),
        ("object", MESSAGES, {"response_format": {"type": "json_object"}}),
        ("tools", TOOL_MESSAGES, {"tools": TOOLS, "tool_choice": "auto"}),
        ("extra", MESSAGES, {"extra_body": {"reasoning_effort": "low", "top_k": None}}),
    ]
    return [
        Case(provider=provider, task="conversational", name=n, inputs=i, parameters=p)
        for n, i, p in chats
    ]


def _images(provider: str, task: str, *more: Case) -> list[Case]:
    common = {"negative_prompt": "dog", "num_inference_steps": 4, "guidance_scale": 2.5}
    sized = {"width": 64, "height": 32} if task == "text-to-image" else {}
    is_file = task.startswith("image-")
    inputs: Any = PICTURE if is_file else "a cat"
    if is_file:
        sized = {"target_size": {"width": 64, "height": 32}, "prompt": "more"}
    return [
        Case(provider=provider, task=task, inputs=inputs),
        Case(provider=provider, task=task, name="parameters", inputs=inputs, parameters=common),
        Case(provider=provider, task=task, name="size", inputs=inputs, parameters=sized),
        *more,
    ]


def _one(provider: str, task: str, name: str = "plain", **options: Any) -> Case:
    return Case(provider=provider, task=task, name=name, **options)


_LORA = {"adapter": "weights/lora.safetensors"}
_GENERATED = {"max_new_tokens": 7, "temperature": 0.5, "do_sample": True}
_TEXTS = [
    ("fill-mask", "a <mask>", {"top_k": 2}),
    ("summarization", "long", {"truncation": "longest_first"}),
    ("text-classification", "good", {"top_k": 2, "function_to_apply": "softmax"}),
    ("token-classification", "Ann", {"aggregation_strategy": "simple"}),
    ("translation", "hello", {"src_lang": "en", "tgt_lang": "fr"}),
    ("zero-shot-classification", "text", {"candidate_labels": ["a", "b"], "multi_label": False}),
    ("feature-extraction", "a", {"normalize": True}),
    ("question-answering", {"question": "q", "context": "c"}, {"top_k": 2}),
    ("sentence-similarity", {"source_sentence": "s", "sentences": ["t"]}, {}),
    ("table-question-answering", {"query": "q", "table": {"a": ["1"]}}, {"sequential": True}),
    ("document-question-answering", {"question": "q", "image": PICTURE}, {"top_k": 1}),
    ("visual-question-answering", {"question": "q", "image": PICTURE}, {"top_k": 1}),
    ("text-to-speech", "hi", {"do_sample": True}),
    ("text-generation", "once", {"max_new_tokens": 3, "stop": ["."]}),
    ("tabular-classification", {"data": {"a": ["1"]}}, {}),
    ("text-to-image", "a cat", {"width": 64, "extra_body": {"own": 1}}),
]
_BINARY = [
    ("audio-classification", SOUND, {"top_k": 2}),
    ("audio-to-audio", SOUND, {}),
    ("automatic-speech-recognition", SOUND, {"extra_body": {"return_timestamps": True}}),
    ("image-classification", PICTURE, {"top_k": 2}),
    ("image-segmentation", PICTURE, {"threshold": 0.5}),
    ("image-to-image", PICTURE, {"prompt": "more"}),
    ("image-to-text", PICTURE, {}),
    ("object-detection", PICTURE, {"threshold": 0.5}),
    ("zero-shot-image-classification", PICTURE, {"candidate_labels": ["a", "b"]}),
]


def _hf_inference() -> list[Case]:
    cases = _chat("hf-inference")
    for task, inputs, parameters in (*_TEXTS, *_BINARY):
        needed = {"candidate_labels", "src_lang", "tgt_lang", "multi_label"}
        least = {name: value for name, value in parameters.items() if name in needed}
        cases.append(_one("hf-inference", task, inputs=inputs, parameters=least))
        if parameters != least:
            cases.append(
                _one("hf-inference", task, "parameters", inputs=inputs, parameters=parameters)
            )
    streamed = {"stream": True, "details": True}
    cases.append(_one("hf-inference", "text-generation", "stream", parameters=streamed))
    server = "https://models.example.org"
    for name, path in (
        ("host", ""), ("version", "/v1"), ("whole", "/v1/chat/completions"),
        ("query", "/deployment?api=1"), ("slash", "/v1/"),
    ):  # fmt: skip
        cases.append(
            _one(
                "openai-compatible",
                "conversational",
                f"url {name}",
                inputs=MESSAGES,
                url=server + path,
            )
        )
    formed = {"type": "json_schema", "json_schema": {"name": "n", "schema": SCHEMA}}
    cases.append(
        _one(
            "openai-compatible",
            "conversational",
            "url schema",
            inputs=MESSAGES,
            parameters={"response_format": formed},
            url=server,
        )
    )
    cases.append(_one("hf-inference", "text-generation", "url", url=f"{server}/generate?a=b"))
    cases.append(_one("hf-inference", "image-to-text", "url", inputs=PICTURE, url=server))
    cases.append(_one("hf-inference", "feature-extraction", "url", inputs=["a", "b"], url=server))
    return cases


CHATS = (
    "baseten", "cerebras", "cohere", "deepinfra", "featherless-ai", "fireworks-ai", "groq",
    "novita", "nscale", "openai", "ovhcloud", "publicai", "scaleway", "together", "zai-org",
)  # fmt: skip

CASES: list[Case] = [
    *_hf_inference(),
    *(case for provider in CHATS for case in _chat(provider)),
    *(
        _one(provider, "text-generation", name, parameters=parameters)
        for provider in ("deepinfra", "featherless-ai", "novita", "together")
        for name, parameters in (
            ("plain", {}),
            ("parameters", _GENERATED),
            ("stream", {"stream": True}),
        )
    ),
    *(
        _one(provider, "feature-extraction", name, inputs=inputs, parameters=parameters)
        for provider in ("deepinfra", "scaleway", "together")
        for name, inputs, parameters in (
            ("plain", "a", {}),
            ("parameters", ["a", "b"], {"dimensions": 2, "encoding_format": "float"}),
        )
    ),
    *(
        _one(provider, "text-to-speech", name, parameters=parameters)
        for provider in ("deepinfra", "together", "fal-ai", "replicate")
        for name, parameters in (
            ("plain", {}),
            ("parameters", {"extra_body": {"voice": "ann"}, "temperature": 0.5}),
        )
    ),
    *(
        _one(provider, "automatic-speech-recognition", name, inputs=inputs, parameters=parameters)
        for provider in ("deepinfra", "fal-ai", "replicate")
        for name, inputs, parameters in (
            ("plain", SOUND, {}),
            ("parameters", SOUND, {"extra_body": {"translate": True, "words": ["a"], "t": None}}),
        )
    ),
    _one("fal-ai", "automatic-speech-recognition", "url", inputs="https://example.org/a.mp3"),
    _one("replicate", "automatic-speech-recognition", "url", inputs="https://example.org/a.wav"),
    _one("replicate", "automatic-speech-recognition", "version", inputs=SOUND, model="own/m:v1"),
    *(
        case
        for provider in ("fal-ai", "nscale", "replicate", "together", "wavespeed", "zai-org")
        for case in _images(provider, "text-to-image")
    ),
    _one("nscale", "text-to-image", "cfg", parameters={"extra_body": {"cfg_scale": 2}}),
    _one("fal-ai", "text-to-image", "width", parameters={"width": 64}),
    _one("fal-ai", "text-to-image", "lora", **_LORA),
    _one("fal-ai", "text-to-image", "lora base", model="fal-ai/lora", **_LORA),
    _one("fal-ai", "text-to-video", "lora", **_LORA),
    _one("fal-ai", "image-to-video", "lora", inputs=PICTURE, **_LORA),
    _one("fal-ai", "image-to-image", "lora", inputs=PICTURE, **_LORA),
    _one("replicate", "text-to-image", "lora", **_LORA),
    _one("replicate", "text-to-image", "version", model="own/model:v1"),
    _one("replicate", "text-to-speech", "version", model="own/model:v1"),
    *(
        case
        for provider in ("fal-ai", "replicate", "together", "wavespeed")
        for case in _images(provider, "image-to-image")
    ),
    _one("replicate", "image-to-image", "version", inputs=PICTURE, model="own/model:v1"),
    _one("replicate", "image-to-image", "url", inputs="https://example.org/cat.png"),
    *(
        _one("together", "image-to-image", model, inputs=PICTURE, model=model)
        for model in ("x/FLUX.1-Kontext-max", "x/flux.1-kontext-dev", "x/FLUX.2-kontext")
    ),
    *(
        case
        for provider in ("fal-ai", "together", "wavespeed")
        for case in _images(provider, "image-to-video")
    ),
    *(
        _one(provider, "text-to-video", name, parameters=parameters)
        for provider in ("fal-ai", "novita", "replicate", "together", "wavespeed")
        for name, parameters in (
            ("plain", {}),
            ("parameters", {"num_frames": 8, "num_inference_steps": 4, "seed": 0}),
            ("extra", {"extra_body": {"target_size": {"width": 64, "height": 32}}}),
        )
    ),
    _one("fal-ai", "image-segmentation", inputs=PICTURE),
    *(
        _one(provider, task, "known format", inputs=content)
        for provider, task, content in (
            ("hf-inference", "image-classification", PNG),
            ("fal-ai", "automatic-speech-recognition", WAV),
            ("deepinfra", "automatic-speech-recognition", WAV),
            ("wavespeed", "image-to-image", PNG),
            ("replicate", "image-to-image", PNG),
            ("together", "image-to-image", PNG),
        )
    ),
    _one("fal-ai", "image-segmentation", "parameters", inputs=PICTURE, parameters={"threshold": 1}),
]
