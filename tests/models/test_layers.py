"""Reading many tokens by few queries is attention, only cheaper."""

import torch

from hearsight.models.layers import Attention, LongMemoryAttention


def test_reading_is_attention():
    torch.manual_seed(0)
    reading, attention = LongMemoryAttention(32, 4).double(), Attention(32, 4).double()
    for parameter in reading.parameters():
        torch.nn.init.normal_(parameter, std=0.3)  # biases among them, which are zeros at first
    attention.load_state_dict(reading.state_dict())
    query, memory = torch.randn(3, 5, 32).double(), torch.randn(3, 40, 32).double()
    results = []
    for layer in (reading, attention):
        queries, read = query.clone().requires_grad_(), memory.clone().requires_grad_()
        out = layer(queries, read)
        out.square().sum().backward()
        results.append([out, queries.grad, read.grad, layer.in_proj_weight.grad, layer.out_proj.weight.grad])
    for ours, theirs in zip(*results, strict=True):
        torch.testing.assert_close(ours, theirs)
