"""Makers of checkpoints as other programs publish them: OpenAI's CLIP and AST, tiny, with random weights."""

import torch
from torch import Tensor, nn


def openai_names(golden_weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """The CLIP of a training output under OpenAI's names, with the sizes that stand beside the weights."""
    names = {n: t for n, t in golden_weights.items() if n.startswith("clip.") and not n.startswith("clip.audio")}
    sizes = {"input_resolution": 64, "context_length": 77, "vocab_size": 1000}
    weights = {name.removeprefix("clip."): tensor for name, tensor in names.items()}
    return weights | {name: torch.tensor(size) for name, size in sizes.items()}


class Tree(nn.Module):
    """A module whose state dict is the one given, and that has what TorchScript keeps beside tensors, too."""

    def __init__(self, weights: dict[str, Tensor]) -> None:
        super().__init__()
        self.strides = [1, 2]  # a typed list
        self.width = 64
        self.attn_mask = torch.zeros(2, 2)  # a tensor that is no parameter
        inner: dict[str, dict[str, Tensor]] = {}
        for name, tensor in weights.items():
            first, _, rest = name.partition(".")
            if rest:
                inner.setdefault(first, {})[rest] = tensor
            elif tensor.is_floating_point():
                self.register_parameter(first, nn.Parameter(tensor))
            else:
                self.register_buffer(first, tensor)
        for name, tensors in inner.items():
            self.add_module(name, Tree(tensors))

    def forward(self, x: Tensor) -> Tensor:
        return x + len(self.strides) + self.width + self.attn_mask.sum()


def ast_names(patches: int = 12 * 101, width: int = 64, layers: int = 2) -> dict[str, Tensor]:
    """An AST as its authors save it, in timm's names below `module.`, with its classifiers."""
    torch.manual_seed(0)
    shapes = {
        "v.cls_token": (1, 1, width),
        "v.dist_token": (1, 1, width),
        "v.pos_embed": (1, 2 + patches, width),
        "v.patch_embed.proj.weight": (width, 1, 16, 16),
        "v.patch_embed.proj.bias": (width,),
        "v.norm.weight": (width,),
        "v.norm.bias": (width,),
        "v.head.weight": (10, width),
        "v.head_dist.bias": (10,),
        "mlp_head.0.weight": (width,),
        "mlp_head.1.weight": (527, width),
    }
    for layer in range(layers):
        inner = {
            "norm1": (width,),
            "attn.qkv": (3 * width, width),
            "attn.proj": (width, width),
            "norm2": (width,),
            "mlp.fc1": (4 * width, width),
            "mlp.fc2": (width, 4 * width),
        }
        for name, shape in inner.items():
            shapes[f"v.blocks.{layer}.{name}.weight"] = shape
            shapes[f"v.blocks.{layer}.{name}.bias"] = shape[:1]
    return {f"module.{name}": torch.randn(shape) * 0.1 for name, shape in shapes.items()}


def timm_forward(weights: dict[str, Tensor], filterbank: Tensor) -> Tensor:
    """What timm's blocks make of a filterbank (B, 1024, 128), written out: B x (2 + 1212) x D after the last norm."""
    F = nn.functional
    w = {name.removeprefix("module.v."): tensor for name, tensor in weights.items()}
    width = w["cls_token"].shape[-1]

    def norm(x: Tensor, name: str) -> Tensor:
        return F.layer_norm(x, (width,), w[f"{name}.weight"], w[f"{name}.bias"], eps=1e-6)

    def linear(x: Tensor, name: str) -> Tensor:
        return F.linear(x, w[f"{name}.weight"], w[f"{name}.bias"])

    pictures = filterbank[:, None].transpose(2, 3)  # B x 1 x frequency x time
    patches = F.conv2d(pictures, w["patch_embed.proj.weight"], w["patch_embed.proj.bias"], stride=10)
    B = len(filterbank)
    tokens = [w["cls_token"].expand(B, -1, -1), w["dist_token"].expand(B, -1, -1), patches.flatten(2).transpose(1, 2)]
    x = torch.cat(tokens, dim=1) + w["pos_embed"]
    for layer in range(len({name.split(".")[1] for name in w if name.startswith("blocks.")})):
        block = f"blocks.{layer}"
        q, k, v = linear(norm(x, f"{block}.norm1"), f"{block}.attn.qkv").chunk(3, dim=-1)
        heads = [part.unflatten(-1, (width // 64, 64)).transpose(1, 2) for part in (q, k, v)]
        attended = F.scaled_dot_product_attention(*heads).transpose(1, 2).flatten(2)
        x = x + linear(attended, f"{block}.attn.proj")
        hidden = F.gelu(linear(norm(x, f"{block}.norm2"), f"{block}.mlp.fc1"))
        x = x + linear(hidden, f"{block}.mlp.fc2")
    return norm(x, "norm")
