"""Prints, as one JSON object of lists, what PyTorch computes for the seeds and inputs that the tests use."""
import json
import math

import torch
from torch import nn

torch.set_num_threads(1)
out = {}


def keep(name, value):
    out[name] = value.detach().double().flatten().tolist() if isinstance(value, torch.Tensor) else value


def grid(*shape):
    """Deterministic values in [-1, 1] that need no random numbers."""
    count = math.prod(shape)
    return torch.sin(torch.arange(count, dtype=torch.float64) * 1.7 + 0.3).float().reshape(shape)


# initial weights
torch.manual_seed(11)
keep("linear.weight", (layer := nn.Linear(7, 5)).weight)
keep("linear.bias", layer.bias)
torch.manual_seed(12)
keep("embedding.weight", nn.Embedding(9, 4, padding_idx=2).weight)
torch.manual_seed(13)
gru = nn.GRU(3, 4, num_layers=2, batch_first=True, bidirectional=True)
for name, parameter in gru.named_parameters():
    keep("gru." + name, parameter)
output, state = gru(grid(2, 5, 3))
(output.sum() + state.square().sum()).backward()
keep("gru.output", output)
keep("gru.state", state)
for name, parameter in gru.named_parameters():
    keep("gru.grad." + name, parameter.grad)
for name in ["xavier_uniform_", "kaiming_uniform_", "kaiming_normal_", "orthogonal_", "normal_", "uniform_"]:
    torch.manual_seed(14)
    keep("init." + name, getattr(nn.init, name)(torch.empty(6, 4)))
torch.manual_seed(15)
keep("dropout", nn.functional.dropout(torch.ones(50), 0.3))
torch.manual_seed(16)
keep("gru.dropout", nn.GRU(3, 4, num_layers=2, dropout=0.5)(grid(5, 2, 3))[0])

# losses
F = nn.functional
x, y, p = grid(6, 4), grid(4, 6).T, torch.sigmoid(grid(6, 4))
labels, classes = (y > 0).float(), torch.tensor([0, 3, 1, 2, -100, 1])
for reduction in ["none", "mean", "sum"]:
    losses = {
        "mse": F.mse_loss(x, y, reduction=reduction),
        "l1": F.l1_loss(x, y, reduction=reduction),
        "smooth_l1": F.smooth_l1_loss(x, y, reduction=reduction, beta=0.5),
        "huber": F.huber_loss(x, y, reduction=reduction, delta=0.4),
        "bce": F.binary_cross_entropy(p, labels, reduction=reduction),
        "bce_logits": F.binary_cross_entropy_with_logits(x, labels, weight=p, pos_weight=torch.tensor([1.0, 2.0, 3.0, 4.0]), reduction=reduction),
        "cross_entropy": F.cross_entropy(x, classes, weight=torch.tensor([1.0, 2.0, 3.0, 4.0]), reduction=reduction, label_smoothing=0.1),
        "nll": F.nll_loss(F.log_softmax(x, 1), classes, reduction=reduction),
        "kl_div": F.kl_div(F.log_softmax(x, 1), F.log_softmax(y, 1), reduction=reduction, log_target=True),
        "margin_ranking": F.margin_ranking_loss(x, y, labels * 2 - 1, margin=0.2, reduction=reduction),
        "poisson": F.poisson_nll_loss(x, labels, reduction=reduction),
        "soft_margin": F.soft_margin_loss(x, labels * 2 - 1, reduction=reduction),
    }
    for name, value in losses.items():
        keep(f"loss.{name}.{reduction}", value)

# optimisers: ten steps on a small network
optimisers = {
    "sgd": lambda ps: torch.optim.SGD(ps, 0.1),
    "sgd.momentum": lambda ps: torch.optim.SGD(ps, 0.1, momentum=0.9, dampening=0.2, weight_decay=0.01),
    "sgd.nesterov": lambda ps: torch.optim.SGD(ps, 0.1, momentum=0.9, nesterov=True),
    "adam": lambda ps: torch.optim.Adam(ps, 0.02),
    "adam.decay": lambda ps: torch.optim.Adam(ps, 0.02, betas=(0.8, 0.99), weight_decay=0.1),
    "adam.amsgrad": lambda ps: torch.optim.Adam(ps, 0.02, amsgrad=True),
    "adam.maximize": lambda ps: torch.optim.Adam(ps, 0.02, maximize=True),
    "adamw": lambda ps: torch.optim.AdamW(ps, 0.02, weight_decay=0.1),
    "adamw.amsgrad": lambda ps: torch.optim.AdamW(ps, 0.02, weight_decay=0.1, amsgrad=True),
}
for name, make in optimisers.items():
    torch.manual_seed(17)
    net = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 4))
    optimiser = make(net.parameters())
    for _ in range(10):
        optimiser.zero_grad()
        F.mse_loss(net(x), y).backward()
        optimiser.step()
    for i, parameter in enumerate(net.parameters()):
        keep(f"optim.{name}.{i}", parameter)

# clipping
for norm in [1.0, 2.0, float("inf")]:
    torch.manual_seed(17)
    net = nn.Linear(4, 4)
    F.mse_loss(net(x), y, reduction="sum").backward()
    keep(f"clip.{norm}.total", [nn.utils.clip_grad_norm_(net.parameters(), 0.5, norm).item()])
    keep(f"clip.{norm}.weight", net.weight.grad)

# schedules
schedules = {
    "step": lambda o: torch.optim.lr_scheduler.StepLR(o, 3, 0.5),
    "multistep": lambda o: torch.optim.lr_scheduler.MultiStepLR(o, [2, 7], 0.3),
    "exponential": lambda o: torch.optim.lr_scheduler.ExponentialLR(o, 0.9),
    "cosine": lambda o: torch.optim.lr_scheduler.CosineAnnealingLR(o, 8, 0.01),
    "lambda": lambda o: torch.optim.lr_scheduler.LambdaLR(o, lambda epoch: 1 / (1 + epoch)),
    "linear": lambda o: torch.optim.lr_scheduler.LinearLR(o, 0.25, 1.0, 6),
    "constant": lambda o: torch.optim.lr_scheduler.ConstantLR(o, 0.5, 4),
    "onecycle": lambda o: torch.optim.lr_scheduler.OneCycleLR(o, 1.0, total_steps=20),
    "onecycle.linear": lambda o: torch.optim.lr_scheduler.OneCycleLR(o, 1.0, total_steps=20, anneal_strategy="linear", three_phase=True),
}
for name, make in schedules.items():
    optimiser = torch.optim.Adam([nn.Parameter(torch.zeros(1))], 0.1)
    schedule = make(optimiser)
    rates = []
    for _ in range(18):
        rates.append(optimiser.param_groups[0]["lr"])
        optimiser.step()
        schedule.step()
    keep(f"schedule.{name}", rates)

print(json.dumps(out))
