"""Write a llama model with random weights and a byte vocabulary: `tiny_gguf.py PATH`.

What it says is nonsense, so tests look at forms only: grammars (JSON schemas, tool choices) hold with
any weights.
"""

from __future__ import annotations

import sys
from pathlib import Path

import gguf
import numpy as np

WIDTH, LAYERS, HEADS, HIDDEN, CONTEXT = 64, 2, 2, 128, 2048
_TEMPLATE = (
    "{% for message in messages %}{{ message['role'] }}: {{ message['content'] }}\n{% endfor %}"
    "{% if add_generation_prompt %}assistant: {% endif %}"
)


def vocabulary() -> tuple[list[bytes], list[float], list[int]]:
    """Return the tokens, scores and kinds of a sentencepiece vocabulary of bytes."""
    kinds = gguf.TokenType
    tokens = [b"<unk>", b"<s>", b"</s>", *(f"<0x{n:02X}>".encode() for n in range(256))]
    types = [kinds.UNKNOWN, kinds.CONTROL, kinds.CONTROL, *([kinds.BYTE] * 256)]
    letters = ["\u2581", *(chr(n) for n in range(33, 127))]
    tokens += [letter.encode() for letter in letters]
    types += [kinds.NORMAL] * len(letters)
    scores = [0.0] * 259 + [-float(n) for n in range(len(letters))]
    return tokens, scores, [int(kind) for kind in types]


def write(path: Path) -> None:
    """Write the model."""
    random = np.random.default_rng(0)
    tokens, scores, types = vocabulary()
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_name("tiny")
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(HIDDEN)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(WIDTH // HEADS)
    writer.add_vocab_size(len(tokens))
    writer.add_tokenizer_model("llama")
    writer.add_token_list(tokens)
    writer.add_token_scores(scores)
    writer.add_token_types(types)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_unk_token_id(0)
    writer.add_chat_template(_TEMPLATE)

    def tensor(name: str, *shape: int) -> None:
        values = random.normal(0, 0.05, shape).astype(np.float32)
        writer.add_tensor(
            f"{name}.weight", np.ones(shape, np.float32) if "norm" in name else values
        )

    tensor("token_embd", len(tokens), WIDTH)
    tensor("output_norm", WIDTH)
    tensor("output", len(tokens), WIDTH)
    for layer in range(LAYERS):
        for part in ("attn_q", "attn_k", "attn_v", "attn_output"):
            tensor(f"blk.{layer}.{part}", WIDTH, WIDTH)
        for part in ("attn_norm", "ffn_norm"):
            tensor(f"blk.{layer}.{part}", WIDTH)
        for part in ("ffn_gate", "ffn_up"):
            tensor(f"blk.{layer}.{part}", HIDDEN, WIDTH)
        tensor(f"blk.{layer}.ffn_down", WIDTH, HIDDEN)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


if __name__ == "__main__":
    write(Path(sys.argv[1]))
