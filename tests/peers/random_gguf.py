"""Writes a language model of random weights: `python random_gguf.py FILE`, with gguf installed.

It answers within any grammar, and what it says means nothing: the worst case for every guard.
Llama of two layers, 0.5 MB; its words are single bytes and characters, so one token is at most one
byte. It reads any text and writes printable ASCII, so that its answers are JSON and get as far as
the guards.
"""

import sys

import numpy as np
from gguf import GGUFWriter, TokenType

EMBEDDING, FEED_FORWARD, HEADS, LAYERS, CONTEXT = 64, 128, 4, 2, 4096
SEED = 20261124


def vocabulary() -> list[tuple[bytes, TokenType]]:
    """Control words, the 256 bytes, the printable characters, and the mark of a blank."""
    control = [(b"<unk>", TokenType.UNKNOWN), (b"<s>", TokenType.CONTROL)]
    control.append((b"</s>", TokenType.CONTROL))
    single = [(f"<0x{byte:02X}>".encode(), TokenType.BYTE) for byte in range(256)]
    printable = [(chr(code).encode(), TokenType.NORMAL) for code in range(33, 127)]
    return [*control, *single, *printable, ("\u2581".encode(), TokenType.NORMAL)]


def write(path: str) -> None:
    """The same bytes every time."""
    words = vocabulary()
    writer = GGUFWriter(path, "llama")
    writer.add_name("random")
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(EMBEDDING)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(FEED_FORWARD)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(HEADS)
    writer.add_rope_dimension_count(EMBEDDING // HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_tokenizer_model("llama")
    writer.add_token_list([word for word, _ in words])
    writer.add_token_scores([float(-number) for number in range(len(words))])
    writer.add_token_types([kind for _, kind in words])
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    rng = np.random.default_rng(SEED)

    def random(name: str, *shape: int) -> None:
        writer.add_tensor(f"{name}.weight", rng.normal(0, 0.05, shape).astype(np.float32))

    def ones(name: str) -> None:
        writer.add_tensor(f"{name}.weight", np.ones(EMBEDDING, np.float32))

    random("token_embd", len(words), EMBEDDING)
    ones("output_norm")
    spoken = np.array([kind is TokenType.NORMAL for _, kind in words], np.float32)
    output = rng.normal(0, 0.05, (len(words), EMBEDDING)) * spoken[:, None]
    writer.add_tensor("output.weight", output.astype(np.float32))
    for layer in range(LAYERS):
        block = f"blk.{layer}"
        ones(f"{block}.attn_norm")
        for part in ("attn_q", "attn_k", "attn_v", "attn_output"):
            random(f"{block}.{part}", EMBEDDING, EMBEDDING)
        ones(f"{block}.ffn_norm")
        random(f"{block}.ffn_gate", FEED_FORWARD, EMBEDDING)
        random(f"{block}.ffn_up", FEED_FORWARD, EMBEDDING)
        random(f"{block}.ffn_down", EMBEDDING, FEED_FORWARD)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


if __name__ == "__main__":
    write(sys.argv[1])
