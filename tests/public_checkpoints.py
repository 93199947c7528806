"""Makers of tiny image-text checkpoints with random weights, in the files that the hub has of public ones."""

import json
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import MetaClip2Config, MetaClip2Model, SiglipConfig, SiglipModel

SENTENCES = [
    "a photo of a cat and two dogs on the beach",
    "the doctor lost a yellow bicycle while a bell rings",
    "ein hund bellt laut im garten",
    "un chat dort sur le canapé",
    "夜の海と赤い自転車",
]
SIZES = {"intermediate_size": 40, "num_hidden_layers": 2, "num_attention_heads": 2, "hidden_size": 24}


def write_gemma_tokenizer(folder: Path, **settings) -> int:
    """A tokenizer in the form of SigLIP2's: pairs of letters, bytes for unknown ones, <eos> at the end.

    Returns how many tokens it has.
    """
    special = ["<pad>", "<eos>", "<bos>", "<unk>", "<mask>"]
    bpe = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    bpe.normalizer = normalizers.Replace(" ", "▁")
    bpe.pre_tokenizer = pre_tokenizers.Split(" ", behavior="merged_with_previous")
    bpe.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()])
    tokens = [*special, *(f"<0x{byte:02X}>" for byte in range(256))]
    bpe.train_from_iterator(SENTENCES, trainers.BpeTrainer(vocab_size=500, special_tokens=tokens, show_progress=False))
    written = json.loads(bpe.to_str())
    # Bytes are ordinary tokens.
    written["added_tokens"] = [token for token in written["added_tokens"] if token["content"] in special]
    bpe = Tokenizer.from_str(json.dumps(written))
    bpe.post_processor = processors.TemplateProcessing(single="$A <eos>", special_tokens=[("<eos>", 1)])
    names = {"pad_token": "<pad>", "eos_token": "<eos>", "bos_token": "<bos>", "unk_token": "<unk>"}
    ends = {"add_bos_token": False, "add_eos_token": True, "padding_side": "right"}
    config = {"tokenizer_class": "GemmaTokenizer", "model_input_names": ["input_ids"], **names, **ends, **settings}
    _write(bpe, folder, config)
    return bpe.get_vocab_size()


def write_t5_tokenizer(folder: Path, **settings) -> int:
    """A tokenizer in the form of SigLIP's: pieces by their probability, </s> at the end and as padding."""
    unigram = Tokenizer(models.Unigram())
    unigram.normalizer = normalizers.NFKC()
    unigram.pre_tokenizer = pre_tokenizers.Metaspace()
    trainer = trainers.UnigramTrainer(
        vocab_size=200, special_tokens=["<unk>", "</s>"], unk_token="<unk>", show_progress=False
    )
    unigram.train_from_iterator(SENTENCES, trainer)
    unigram.post_processor = processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 1)])
    names = {"pad_token": {"content": "</s>", "special": True}, "eos_token": "</s>", "unk_token": "<unk>"}
    config = {"tokenizer_class": "SiglipTokenizer", "do_lower_case": True, "model_max_length": 64, **names, **settings}
    _write(unigram, folder, config)
    return unigram.get_vocab_size()


def write_xlm_tokenizer(folder: Path) -> int:
    """A tokenizer in the form of MetaCLIP 2's: XLM-RoBERTa's, with <s> and </s>, and letters as they are."""
    special = ["<s>", "<pad>", "</s>", "<unk>"]
    unigram = Tokenizer(models.Unigram())
    unigram.pre_tokenizer = pre_tokenizers.Metaspace()
    trainer = trainers.UnigramTrainer(vocab_size=200, special_tokens=special, unk_token="<unk>", show_progress=False)
    unigram.train_from_iterator(SENTENCES, trainer)
    ends = [("<s>", 0), ("</s>", 2)]
    unigram.post_processor = processors.TemplateProcessing(single="<s> $A </s>", special_tokens=ends)
    names = {"bos_token": "<s>", "pad_token": "<pad>", "eos_token": "</s>", "unk_token": "<unk>"}
    _write(unigram, folder, {"tokenizer_class": "XLMRobertaTokenizer", "model_max_length": 512, **names})
    return unigram.get_vocab_size()


def _write(tokenizer: Tokenizer, folder: Path, config: dict) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "tokenizer_config.json").write_text(json.dumps(config))


def write_pictures(folder: Path, **settings) -> None:
    """The settings of pictures, as SigLIP2's are: squashed to a square, bilinear."""
    values = {
        "image_processor_type": "SiglipImageProcessor", "do_resize": True, "do_rescale": True, "do_normalize": True,
        "do_convert_rgb": None, "image_mean": [0.5] * 3, "image_std": [0.5] * 3, "resample": 2,
        "rescale_factor": 0.00392156862745098, "processor_class": "SiglipProcessor",
    }  # fmt: skip
    (folder / "preprocessor_config.json").write_text(json.dumps({**values, **settings}))


def tiny_siglip(
    folder: Path, text=None, vision=None, dtype=torch.float32, tokenizer=write_gemma_tokenizer, seed: int = 0
) -> SiglipModel:
    """A SigLIP2 of transformers, saved in `folder` with all files that the hub has of one.

    text, vision: fields of its configuration that differ.
    """
    vocabulary = tokenizer(folder)
    text = {**SIZES, "vocab_size": vocabulary, "max_position_embeddings": 64, **(text or {})}
    vision = {**SIZES, "image_size": 40, "patch_size": 16, **(vision or {})}
    torch.manual_seed(seed)
    text.setdefault("projection_size", vision["hidden_size"])
    model = SiglipModel(SiglipConfig(text_config=text, vision_config=vision)).eval()
    _disturb(model)
    with torch.no_grad():
        model.logit_scale.fill_(np.log(100))
        model.logit_bias.fill_(-12)
    model = model.to(dtype)
    model.save_pretrained(folder)
    side = vision["image_size"]
    write_pictures(folder, size={"height": side, "width": side})
    return model.float()


def tiny_metaclip(folder: Path, seed: int = 0) -> MetaClip2Model:
    """A MetaCLIP 2 of transformers, saved in `folder` with its files."""
    vocabulary = write_xlm_tokenizer(folder)
    text = {**SIZES, "vocab_size": vocabulary, "max_position_embeddings": 77, "eos_token_id": 2}
    torch.manual_seed(seed)
    vision = {**SIZES, "image_size": 32, "patch_size": 16}
    model = MetaClip2Model(MetaClip2Config(text_config=text, vision_config=vision, projection_dim=20)).eval()
    _disturb(model)
    model.save_pretrained(folder)
    side = {"height": 32, "width": 32}
    write_pictures(folder, size={"shortest_edge": 32}, crop_size=side, do_center_crop=True, resample=3)
    return model


@torch.no_grad()
def _disturb(model: torch.nn.Module) -> None:
    """Make all weights random, those that begin as zeros, too."""
    for parameter in model.parameters():
        parameter.add_(0.05 * torch.randn_like(parameter))
