"""Makes tiny sentence encoders with random weights, in files as the hub has them."""

import json
from pathlib import Path

import torch
import transformers
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789<>/:.,'é日本"
WORDS = ["the", "doctor", "lost", "a", "yellow", "bicycle", "bell", "rings", "query", "passage", "bike", "word"]
CLASSES = {
    "bert": transformers.BertModel,
    "roberta": transformers.RobertaModel,
    "xlm-roberta": transformers.XLMRobertaModel,
    "camembert": transformers.CamembertModel,
}
SIZES = {
    "hidden_size": 36, "num_attention_heads": 3, "intermediate_size": 50, "num_hidden_layers": 2,
    "max_position_embeddings": 40, "initializer_range": 0.3,
}  # fmt: skip


def word_pieces() -> Tokenizer:
    """A tokenizer as BERT has it: pieces of words, of lower case."""
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *WORDS, *LETTERS, *(f"##{letter}" for letter in LETTERS)]
    ids = {piece: number for number, piece in enumerate(dict.fromkeys(pieces))}
    tokenizer = Tokenizer(models.WordPiece(ids, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.add_special_tokens(["[PAD]", "[UNK]", "[CLS]", "[SEP]"])
    ends = [(token, ids[token]) for token in ("[CLS]", "[SEP]")]
    tokenizer.post_processor = processors.TemplateProcessing("[CLS] $A [SEP]", "[CLS] $A [SEP] $B [SEP]", ends)
    return tokenizer


def sentence_pieces() -> Tokenizer:
    """A tokenizer as XLM-RoBERTa has it: pieces of sentences, whose words begin with a mark."""
    pieces = [*(f"▁{word}" for word in WORDS), *(f"▁{letter}" for letter in LETTERS), *LETTERS, "▁"]
    vocabulary = dict.fromkeys(("<s>", "<pad>", "</s>", "<unk>"), 0.0)
    vocabulary |= {piece: -1.0 - number / 50 for number, piece in enumerate(dict.fromkeys(pieces))}
    tokenizer = Tokenizer(models.Unigram(list(vocabulary.items()), unk_id=3))
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.add_special_tokens(["<s>", "<pad>", "</s>", "<unk>"])
    tokenizer.post_processor = processors.TemplateProcessing(
        "<s> $A </s>", "<s> $A </s> $B </s>", [("<s>", 0), ("</s>", 2)]
    )
    return tokenizer


def tiny_checkpoint(
    folder: Path,
    kind: str = "bert",
    pieces: str = "words",
    pooling: dict | None = None,
    prompts: dict | None = None,
    dtype: torch.dtype = torch.float32,
    seed: int = 0,
    shards: str = "1GB",
    **sizes,
) -> Path:
    """Save a sentence encoder. pieces: "words" or "sentences". pooling: the contents of 1_Pooling/config.json."""
    tokenizer = word_pieces() if pieces == "words" else sentence_pieces()
    padding = tokenizer.token_to_id("[PAD]" if pieces == "words" else "<pad>")
    architecture = CLASSES[kind]
    rows = {"vocab_size": tokenizer.get_vocab_size(), "pad_token_id": padding}
    torch.manual_seed(seed)
    model = architecture(architecture.config_class(**{**SIZES, **rows, **sizes})).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.05 * torch.randn_like(parameter))  # those that begin as zeros or ones, too
    model.to(dtype).save_pretrained(folder, max_shard_size=shards)
    tokenizer.enable_truncation(16)  # as some files have it; what the model reads counts
    tokenizer.save(str(folder / "tokenizer.json"))
    modules = [{"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"}]
    if pooling is not None:
        modules.append({"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"})
        write_json(folder / "1_Pooling" / "config.json", {"word_embedding_dimension": 36, **pooling})
    write_json(folder / "modules.json", modules)
    if prompts is not None:
        write_json(folder / "config_sentence_transformers.json", {"prompts": prompts, "similarity_fn_name": "cosine"})
    return folder


def write_json(file: Path, values: object) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(values), encoding="utf-8")
