"""The updates of MTRec's learners as one would write them in Python PyTorch, timed on request.

Standard input has one JSON line a request: {"case": name, "updates": n, "threads": t, "clock": "wall" or "cpu", "sizes": {...}};
standard output answers each with {"seconds": s}. Sizes come from the caller, so that both sides work on the same shapes. A case is built at its first request and kept.
"""
import copy
import json
import math
import sys
import time

import torch
import torch.nn.functional as F
from torch import nn


def mlp(inputs, hidden, outputs):
    widths = [inputs, *hidden, outputs]
    layers = []
    for i in range(len(widths) - 1):
        if i:
            layers.append(nn.ReLU())
        layers.append(nn.Linear(widths[i], widths[i + 1]))
    return nn.Sequential(*layers)


def adam(parameters, rate):
    return torch.optim.Adam(list(parameters), lr=rate)


def minimise(optimizer, loss):
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


@torch.no_grad()
def follow(target, source, rate):
    for own, others in zip(target.parameters(), source.parameters()):
        own.mul_(1 - rate).add_(others, alpha=rate)


class frozen:
    """Turns gradients of networks off for a while, as the actor's step needs no critics' gradients."""

    def __init__(self, network):
        self.parameters = list(network.parameters())

    def __enter__(self):
        for parameter in self.parameters:
            parameter.requires_grad_(False)

    def __exit__(self, *_):
        for parameter in self.parameters:
            parameter.requires_grad_(True)


class ListOfCritics(nn.Module):
    """M critics as one finds them in most code: a list of networks."""

    def __init__(self, members, inputs, hidden):
        super().__init__()
        self.members = nn.ModuleList(mlp(inputs, hidden, 1) for _ in range(members))

    def forward(self, x):
        return torch.stack([member(x).squeeze(-1) for member in self.members])


class BatchedCritics(nn.Module):
    """M critics as batched products."""

    def __init__(self, members, inputs, hidden):
        super().__init__()
        widths = [inputs, *hidden, 1]
        self.weights, self.biases = nn.ParameterList(), nn.ParameterList()
        for a, b in zip(widths, widths[1:]):
            bound = 1 / math.sqrt(a)
            self.weights.append(nn.Parameter((torch.rand(members, a, b) * 2 - 1) * bound))
            self.biases.append(nn.Parameter((torch.rand(members, 1, b) * 2 - 1) * bound))

    def forward(self, x):
        x = x.reshape(-1, x.shape[-1]).unsqueeze(0).expand(self.weights[0].shape[0], -1, -1)
        for i, (weight, bias) in enumerate(zip(self.weights, self.biases)):
            x = torch.baddbmm(bias, x.relu() if i else x, weight)
        return x.squeeze(-1)


class Log:
    """Random steps with the columns of a fusion log; a batch is the same thirteen gathers."""

    def __init__(self, z):
        n, s, l, f, k, a, q = z["rows"], z["state"], z["list"], z["item"], z["tasks"], z["action"], z["groups"]
        j = l if z.get("perItem") else 1
        self.state = torch.randn(n, s)
        self.items = torch.randn(n, l, f)
        self.scores = torch.rand(n, l, k)
        self.action = torch.rand(n, j, a) * 0.3 - 0.15
        self.baseline = torch.zeros(n, j, a)
        self.item_rewards = torch.randn(n, l, q)
        self.rewards = self.item_rewards.sum(1)
        self.next = torch.arange(1, n + 1)
        self.next[z["session"] - 1::z["session"]] = -1
        self.next[-1] = -1
        m = z.get("passed", 0)
        self.passed = [torch.randn(n, m, f), torch.rand(n, m, k), torch.zeros(n, m, a)] if m else []
        self.lower, self.upper = torch.full((a,), -0.15), torch.full((a,), 0.15)
        self.mean = self.action.mean((0, 1))
        self.size = z["batch"]

    def standardised(self, action):
        return (action - self.mean) * (2 / (self.upper - self.lower).clamp_min(1e-6))

    def draw(self):
        rows = torch.randint(0, len(self.state), (self.size,))
        following = self.next[rows]
        continues = (following >= 0).float().unsqueeze(1)
        following = following.clamp_min(0)
        now = [x[rows] for x in (self.state, self.items, self.scores, self.action, self.baseline, self.rewards, self.item_rewards)]
        then = [x[following] for x in (self.state, self.items, self.scores, self.action, self.baseline)]
        if self.passed:
            return now, then, continues, [x[rows] for x in self.passed]
        return now, then, continues


def excess(action, baseline, lower, upper, beta):
    deviation = action - baseline
    return ((deviation - upper).relu() + (lower - deviation).relu()) / ((upper - lower) * beta).clamp_min(1e-6)


def penalty(e):
    return (e.exp() * (e > 0).float()).sum(-1)


def trust(e):
    return e.sum(-1).neg().exp()


# ---- one perceptron -------------------------------------------------------------------------------------------------

def perceptron(z):
    network = mlp(z["widths"][0], z["widths"][1:-1], z["widths"][-1])
    optimizer = adam(network.parameters(), 1e-3)
    x, y = torch.randn(z["batch"], z["widths"][0]), torch.randn(z["batch"], z["widths"][-1])

    def update():
        minimise(optimizer, F.mse_loss(network(x), y))
    return update


# ---- fusion learners ------------------------------------------------------------------------------------------------

def batch_rl(z):
    s, a, hidden, samples = z["state"], z["action"], z["hidden"], z["samples"]
    latent = 2 * a
    log = Log(z)
    encoder, decoder = mlp(s + a, hidden, 2 * latent), mlp(s + latent, hidden, a)
    perturbation = mlp(s + a, hidden, a)
    critics = nn.ModuleList([mlp(s + a, hidden, 1), mlp(s + a, hidden, 1)])
    target_perturbation, target_critics = copy.deepcopy(perturbation), copy.deepcopy(critics)
    generator_step = adam([*encoder.parameters(), *decoder.parameters()], 1e-3)
    perturbation_step, critic_step = adam(perturbation.parameters(), 1e-4), adam(critics.parameters(), 2e-4)
    count = 0

    def decode(state, code):
        return decoder(torch.cat([state, code], -1)).tanh()

    def perturb(network, state, action):
        return (action + network(torch.cat([state, action], -1)).tanh() * 0.15).clamp(-1, 1)

    def update():
        nonlocal count
        (state, _, _, action, _, rewards, _), (next_state, *_), continues = log.draw()
        action = action.squeeze(1)
        mean, log_deviation = encoder(torch.cat([state, action], -1)).chunk(2, -1)
        log_deviation = log_deviation.clamp(-4, 4)
        rebuilt = decode(state, mean + log_deviation.exp() * torch.randn_like(mean))
        divergence = -0.5 * (1 + 2 * log_deviation - mean ** 2 - (2 * log_deviation).exp())
        minimise(generator_step, F.mse_loss(rebuilt, action) + 0.5 * divergence.mean())

        with torch.no_grad():
            states = next_state.repeat_interleave(samples, 0)
            proposals = perturb(target_perturbation, states, decode(states, torch.randn(len(states), latent).clamp(-0.5, 0.5)))
            x = torch.cat([states, proposals], -1)
            next_q = torch.minimum(target_critics[0](x), target_critics[1](x)).reshape(-1, samples).max(1).values
            y = rewards.sum(-1) + 0.95 * continues.squeeze(1) * next_q
        x = torch.cat([state, action], -1)
        q1, q2 = critics[0](x).squeeze(-1), critics[1](x).squeeze(-1)
        minimise(critic_step, F.mse_loss(q1, y) + F.mse_loss(q2, y))

        with torch.no_grad():
            proposal = decode(state, torch.randn(len(state), latent).clamp(-0.5, 0.5))
        with frozen(critics):
            minimise(perturbation_step, -critics[0](torch.cat([state, perturb(perturbation, state, proposal)], -1)).mean())

        count += 1
        if count % 10 == 0:
            follow(target_perturbation, perturbation, 0.05)
            follow(target_critics, critics, 0.05)
        return q1.mean().item()
    return update


def unified_rl(critics_of):
    def build(z):
        s, a, q, m = z["state"], z["action"], z["groups"], z["critics"]
        log = Log(z)
        actor = mlp(s, z["hidden"], a)
        critics = critics_of(q * m, s + a, z["criticHidden"])
        target_actor, target_critics = copy.deepcopy(actor), copy.deepcopy(critics)
        actor_step, critic_step = adam(actor.parameters(), 3e-4), adam(critics.parameters(), 1e-3)
        weights = torch.ones(q)
        count = 0

        def value(network, state, action):
            return network(torch.cat([state, log.standardised(action)], -1)).reshape(q, m, -1)

        def update():
            nonlocal count
            (state, _, _, action, baseline, rewards, _), (next_state, _, _, _, next_baseline), continues = log.draw()
            with torch.no_grad():
                next_action = target_actor(next_state).tanh()
                phi = trust(excess(next_action, next_baseline.squeeze(1), log.lower, log.upper, 0.3))
                y = rewards.t().unsqueeze(1) + 0.9 * (continues.squeeze(1) * phi) * value(target_critics, next_state, next_action)
            now = value(critics, state, action.squeeze(1))
            minimise(critic_step, (now - y).square().mean(2).sum())

            drawn = actor(state).tanh()
            d = penalty(excess(drawn, baseline.squeeze(1), log.lower, log.upper, 0.3))
            with frozen(critics):
                values = value(critics, state, drawn)
                mean = values.mean(1)
                deviation = ((values - mean.unsqueeze(1)).square().mean(1) + 1e-12).sqrt()
                minimise(actor_step, (1.2 * d - ((mean - 0.2 * deviation) * weights.unsqueeze(1)).sum(0)).mean())

            count += 1
            if count % 15 == 0:
                follow(target_actor, actor, 0.08)
                follow(target_critics, critics, 0.08)
            return now.mean().item()
        return update
    return build


class PairActor(nn.Module):
    """Shared and own experts, a gate and a tower a task; the user half of the first layer once a request."""

    def __init__(self, z):
        super().__init__()
        self.tasks, self.shared, self.width = z["tasks"], z["shared"], z["expertWidth"]
        self.dimensions = z["action"] // z["tasks"]
        outputs = (self.shared + self.tasks) * self.width + self.tasks * (self.shared + 1)
        self.user = nn.Linear(z["state"], outputs)
        self.item = nn.Linear(z["item"] + z["tasks"], outputs, bias=False)
        self.tower = nn.Parameter(torch.randn(self.tasks, self.width, self.dimensions) / math.sqrt(self.width))
        self.tower_bias = nn.Parameter(torch.zeros(self.tasks, 1, self.dimensions))

    def forward(self, state, items, scores):
        first = self.user(state.unsqueeze(1)) + self.item(torch.cat([items, scores], -1))
        rows, s, t, w = first.shape[:2], self.shared, self.tasks, self.width
        shared, own, gates = first.split([s * w, t * w, t * (s + 1)], -1)
        shared = shared.relu().reshape(*rows, 1, s, w).expand(-1, -1, t, -1, -1)
        own = own.relu().reshape(*rows, t, 1, w)
        gates = gates.reshape(*rows, t, 1, s + 1).softmax(-1)
        mixed = gates.matmul(torch.cat([shared, own], 3))
        towers = (mixed.matmul(self.tower) + self.tower_bias).squeeze(3).tanh()
        return towers.transpose(2, 3).reshape(*rows, -1)


def enhanced_rl(critics_of):
    def build(z):
        q, m, k = z["groups"], z["critics"], z["tasks"]
        log = Log(z)
        actor = PairActor(z)
        critics = critics_of(q * m, z["state"] + z["item"] + k + z["action"], z["criticHidden"])
        target_actor, target_critics = copy.deepcopy(actor), copy.deepcopy(critics)
        actor_step, critic_step = adam(actor.parameters(), 1e-3), adam(critics.parameters(), 1e-3)
        weights = torch.ones(q)
        middle, reach = torch.tensor([1.0] * k + [0.505] * k), torch.tensor([1.0] * k + [0.495] * k)
        count = 0

        def value(network, state, items, scores, action):
            pairs = torch.cat([state.unsqueeze(1).expand(-1, items.shape[1], -1), items, scores, log.standardised(action)], -1)
            return network(pairs.flatten(0, 1)).reshape(q, m, items.shape[0], items.shape[1])

        def cautious(values):
            mean = values.mean(1)
            deviation = ((values - mean.unsqueeze(1)).square().mean(1) + 1e-12).sqrt()
            return ((mean - 0.2 * deviation) * weights.unsqueeze(1)).sum(0)

        def update():
            nonlocal count
            now, then, continues, passed = log.draw()
            state, items, scores, action, baseline, _, rewards = now
            next_state, next_items, next_scores, _, next_baseline = then
            shown = items.shape[1]
            with torch.no_grad():
                next_action = target_actor(next_state, next_items, next_scores)
                phi = trust(excess(next_action, next_baseline, log.lower, log.upper, 0.3))
                future = (value(target_critics, next_state, next_items, next_scores, next_action) * phi).sum(-1) * continues.squeeze(1) * 0.9
            values = value(critics, state, items, scores, action)
            minimise(critic_step, (values - rewards.permute(2, 0, 1).unsqueeze(1) - (future / shown).unsqueeze(-1)).square().sum(-1).mean(2).sum())

            items, scores, baseline = (torch.cat(pair, 1) for pair in zip((items, scores, baseline), passed))
            drawn = actor(state, items, scores)
            d = penalty(excess(drawn, baseline, log.lower, log.upper, 0.3)).sum(-1)
            with torch.no_grad():
                worth = cautious(value(critics, state, items, scores, drawn).flatten(2)).reshape(-1, items.shape[1])
            real = drawn.clamp(-1, 1) * reach + middle
            fused = (real[..., :k] * (scores + real[..., k:]).clamp_min(1e-6).log()).sum(-1)
            temperature = max(fused.detach().std(1, unbiased=False).mean().item() * 0.5, 1e-6)
            logits = fused / temperature
            chances = torch.cat([logits[:, :shown], logits[:, shown:] + math.log(z["passedWeight"])], 1).softmax(1)
            minimise(actor_step, (d * (1.2 / items.shape[1]) - (chances * worth).sum(1) * shown).mean())

            count += 1
            if count % 15 == 0:
                follow(target_actor, actor, 0.08)
                follow(target_critics, critics, 0.08)
            return values.sum(-1).mean().item()
        return update
    return build


def td3(z):
    s, a = z["state"], z["action"]
    log = Log(z)
    actor, critics = mlp(s, z["hidden"], a), nn.ModuleList([mlp(s + a, z["hidden"], 1), mlp(s + a, z["hidden"], 1)])
    target_actor, target_critics = copy.deepcopy(actor), copy.deepcopy(critics)
    actor_step, critic_step = adam(actor.parameters(), 3e-4), adam(critics.parameters(), 3e-4)
    count = 0

    def update():
        nonlocal count
        (state, _, _, action, _, rewards, _), (next_state, *_), continues = log.draw()
        with torch.no_grad():
            base = target_actor(next_state).tanh()
            next_action = (base + (torch.randn_like(base) * 0.2).clamp(-0.5, 0.5)).clamp(-1, 1)
            x = torch.cat([next_state, next_action], -1)
            y = rewards.sum(-1) + z["discount"] * continues.squeeze(1) * torch.minimum(target_critics[0](x), target_critics[1](x)).squeeze(-1)
        x = torch.cat([state, action.squeeze(1)], -1)
        q1, q2 = critics[0](x).squeeze(-1), critics[1](x).squeeze(-1)
        minimise(critic_step, F.mse_loss(q1, y) + F.mse_loss(q2, y))
        count += 1
        if count % 2 == 0:
            with frozen(critics):
                minimise(actor_step, -critics[0](torch.cat([state, actor(state).tanh()], -1)).mean())
            follow(target_actor, actor, 0.005)
            follow(target_critics, critics, 0.005)
        return q1.mean().item()
    return update


def squashed(head):
    mean, log_deviation = head.chunk(2, -1)
    log_deviation = log_deviation.clamp(-20, 2)
    noise = torch.randn_like(mean)
    u = mean + log_deviation.exp() * noise
    density = -0.5 * noise ** 2 - log_deviation - 0.5 * math.log(2 * math.pi) - 2 * (math.log(2) - u - F.softplus(-2 * u))
    return u.tanh(), density.sum(-1)


def cql_sac(z):
    s, a, samples = z["state"], z["action"], z["samples"]
    log = Log(z)
    actor, critics = mlp(s, z["hidden"], 2 * a), nn.ModuleList([mlp(s + a, z["hidden"], 1), mlp(s + a, z["hidden"], 1)])
    target_critics = copy.deepcopy(critics)
    log_temperature = nn.Parameter(torch.zeros(1))
    actor_step, critic_step, temperature_step = adam(actor.parameters(), 1e-4), adam(critics.parameters(), 3e-4), adam([log_temperature], 1e-4)

    def both(networks, state, action):
        x = torch.cat([state, action], -1)
        return torch.stack([network(x).squeeze(-1) for network in networks])

    def update():
        (state, _, _, action, _, rewards, _), (next_state, *_), continues = log.draw()
        action, count = action.squeeze(1), len(state)
        drawn, density = squashed(actor(state))
        minimise(temperature_step, -(log_temperature * (density.detach() - a)).mean())
        temperature = log_temperature.detach().exp()
        with frozen(critics):
            minimise(actor_step, (temperature * density - both(critics, state, drawn).amin(0)).mean())

        with torch.no_grad():
            next_action, _ = squashed(actor(next_state))
            y = rewards.sum(-1) + z["discount"] * continues.squeeze(1) * both(target_critics, next_state, next_action).amin(0)
            repeated = state.repeat_interleave(samples, 0)
            even = torch.rand(len(repeated), a) * 2 - 1
            here, here_density = squashed(actor(repeated))
            there, there_density = squashed(actor(next_state.repeat_interleave(samples, 0)))
            actions = torch.cat([even, here, there])
            densities = torch.cat([torch.full((len(repeated),), -a * math.log(2)), here_density, there_density])
        logged = both(critics, state, action)
        q = both(critics, repeated.repeat(3, 1), actions)

        def by_sample(x):
            return x.reshape(-1, 3, count, samples).transpose(1, 2).flatten(2)
        conservative = (torch.logsumexp(by_sample(q) - by_sample(densities), -1) - math.log(3 * samples) - logged).mean(1).sum()
        minimise(critic_step, 0.5 * (logged - y).square().mean(1).sum() + z["conservatism"] * conservative)
        follow(target_critics, critics, 0.005)
        return logged[0].mean().item()
    return update


def iql(z):
    s, a = z["state"], z["action"]
    log = Log(z)
    actor, value = mlp(s, z["hidden"], a), mlp(s, z["hidden"], 1)
    critics = nn.ModuleList([mlp(s + a, z["hidden"], 1), mlp(s + a, z["hidden"], 1)])
    target_critics = copy.deepcopy(critics)
    log_deviation = nn.Parameter(torch.zeros(a))
    value_step, critic_step = adam(value.parameters(), 3e-4), adam(critics.parameters(), 3e-4)
    actor_step = adam([*actor.parameters(), log_deviation], 3e-4)

    def update():
        (state, _, _, action, _, rewards, _), (next_state, *_), continues = log.draw()
        action = action.squeeze(1)
        x = torch.cat([state, action], -1)
        with torch.no_grad():
            q = torch.minimum(target_critics[0](x), target_critics[1](x)).squeeze(-1)
        v = value(state).squeeze(-1)
        away = q - v
        minimise(value_step, ((z["expectile"] - (away.detach() < 0).float()).abs() * away.square()).mean())
        with torch.no_grad():
            y = rewards.sum(-1) + z["discount"] * continues.squeeze(1) * value(next_state).squeeze(-1)
        q1, q2 = critics[0](x).squeeze(-1), critics[1](x).squeeze(-1)
        minimise(critic_step, F.mse_loss(q1, y) + F.mse_loss(q2, y))
        weight = (z["inverseTemperature"] * away.detach()).exp().clamp(max=100)
        mean = actor(state).tanh()
        density = -(((action - mean) * (-log_deviation).exp()).square() / 2 + log_deviation).sum(-1)
        minimise(actor_step, -(weight * density).mean())
        follow(target_critics, critics, 0.005)
        return q1.mean().item()
    return update


# ---- online learners, mental reward, upstream -----------------------------------------------------------------------

def sac(z):
    s, a = z["state"], z["action"]
    n = z["rows"]
    replay = [torch.randn(n, s), torch.rand(n, a) * 2 - 1, torch.randn(n), torch.randn(n, s), (torch.rand(n) < 0.1).float()]
    actor, critics = mlp(s, z["hidden"], 2 * a), nn.ModuleList([mlp(s + a, z["hidden"], 1), mlp(s + a, z["hidden"], 1)])
    target_critics = copy.deepcopy(critics)
    log_temperature = nn.Parameter(torch.zeros(1))
    actor_step, critic_step, temperature_step = adam(actor.parameters(), 3e-4), adam(critics.parameters(), 3e-4), adam([log_temperature], 3e-4)

    def lowest(networks, state, action):
        x = torch.cat([state, action], -1)
        return torch.minimum(networks[0](x), networks[1](x)).squeeze(-1)

    def update():
        rows = torch.randint(0, n, (z["batch"],))
        state, action, reward, next_state, ended = (column[rows] for column in replay)
        with torch.no_grad():
            next_action, next_density = squashed(actor(next_state))
            y = reward + 0.99 * (1 - ended) * (lowest(target_critics, next_state, next_action) - log_temperature.exp() * next_density)
        x = torch.cat([state, action], -1)
        minimise(critic_step, 0.5 * (F.mse_loss(critics[0](x).squeeze(-1), y) + F.mse_loss(critics[1](x).squeeze(-1), y)))
        drawn, density = squashed(actor(state))
        with frozen(critics):
            minimise(actor_step, (log_temperature.exp().detach() * density - lowest(critics, state, drawn)).mean())
        minimise(temperature_step, -(log_temperature.exp() * (density.detach() - a)).mean())
        follow(target_critics, critics, 0.005)
    return update


def qr_iql(z):
    n, s, quantiles = z["rows"], z["state"], z["quantiles"]
    state, action = torch.randn(n, s), (torch.rand(n) < 0.3).long()
    following = torch.arange(1, n + 1)
    following[z["session"] - 1::z["session"]] = -1
    following[-1] = -1
    model = mlp(s, z["hidden"], 2 * quantiles)
    target = copy.deepcopy(model)
    optimizer = adam(model.parameters(), 2e-3)
    levels = (torch.arange(quantiles) + 0.5) / quantiles

    def pinball(u):
        return torch.maximum(levels * u, (levels - 1) * u)

    def update():
        rows = torch.randint(0, n, (z["batch"],))
        after = following[rows]
        with torch.no_grad():
            next_value = target(state[after.clamp_min(0)]).reshape(-1, 2, quantiles).mean(-1).logsumexp(-1)
        continues = (after >= 0).float()
        values = model(state[rows]).reshape(-1, 2, quantiles)
        chosen = action[rows]
        q = values.mean(-1)
        taken = values.gather(1, chosen.reshape(-1, 1, 1).expand(-1, 1, quantiles)).squeeze(1)
        likelihood = q.log_softmax(-1).gather(1, chosen.unsqueeze(1)).squeeze(1)
        reward = taken.mean(-1) - 0.9 * next_value
        mean = likelihood.mean() - (continues * reward.square()).mean() / (4 * 0.5)
        spread = pinball(q.logsumexp(-1).unsqueeze(-1) - taken).sum(-1).mean() + (continues * pinball((0.9 * next_value).unsqueeze(-1) - taken).sum(-1)).mean()
        minimise(optimizer, 0.1 * spread - mean)
        follow(target, model, 0.05)
    return update


class Features(nn.Module):
    """Raw columns, quantities first: those clipped, made logarithmic and normalised, codes embedded in one table."""

    def __init__(self, numbers, codes, size):
        super().__init__()
        self.numbers, self.places = torch.arange(numbers), torch.arange(numbers, numbers + len(codes))
        self.low, self.high = torch.full((numbers,), -1e3), torch.full((numbers,), 1e3)
        self.heavy, self.mean, self.scale = torch.zeros(numbers), torch.zeros(numbers), torch.ones(numbers)
        self.largest = torch.tensor(codes, dtype=torch.float) - 1
        self.offset = torch.tensor(codes).cumsum(0).float() - torch.tensor(codes)
        self.table = nn.Embedding(sum(codes), size)
        self.width = numbers + len(codes) * size

    def forward(self, x):
        codes = torch.minimum(x.index_select(-1, self.places).floor().clamp_min(0), self.largest) + self.offset
        embedded = self.table(codes.long()).flatten(-2)
        if not len(self.numbers):
            return embedded
        numbers = torch.minimum(torch.maximum(x.index_select(-1, self.numbers), self.low), self.high)
        numbers = numbers + self.heavy * (numbers.relu().log1p() - numbers)
        return torch.cat([((numbers - self.mean) * self.scale).clamp(-5, 5), embedded], -1)


class UpstreamModel(nn.Module):
    """Features, the history with its summary, attention and matches, and a multi-gate mixture of experts."""

    def __init__(self, z):
        super().__init__()
        self.z = z
        size, own, item, event, actions = z["embedding"], z["itemEmbedding"], z["itemWidth"], z["eventWidth"], z["actions"]
        self.context, self.user = Features(0, z["contextCodes"], size), Features(z["userNumbers"], z["userCodes"], size)
        self.features, self.own = Features(z["itemNumbers"], z["itemCodes"], size), nn.Embedding(z["items"] + 1, own)
        self.item = nn.Linear(self.features.width + own, item)
        self.event = nn.Linear(item + actions + 2, event)
        self.places = nn.Parameter(torch.randn(z["history"], event) * 0.02)
        self.query, self.key = nn.Linear(item, item), nn.Linear(event, item)
        self.latest = (torch.arange(z["history"]) >= z["history"] - 3).float()
        self.matched = [0, *range(1 + z["itemNumbers"], 1 + z["itemNumbers"] + len(z["itemCodes"]))]
        user = self.context.width + self.user.width + 3 * (event + actions + 1) + 1
        item = self.features.width + own + item + event + len(self.matched) * (actions + 2)
        e, w, k = z["experts"], z["expertWidth"], z["tasks"]
        self.first_user, self.first_item = nn.Linear(user, e * w + k * e), nn.Linear(item, e * w + k * e, bias=False)
        self.tower_in, self.tower_in_bias = nn.Parameter(torch.randn(k, w, z["towerWidth"]) * math.sqrt(2 / w)), nn.Parameter(torch.zeros(k, 1, z["towerWidth"]))
        self.tower_out, self.tower_out_bias = nn.Parameter(torch.randn(k, z["towerWidth"], 1) * 0.1), nn.Parameter(torch.zeros(k, 1, 1))

    def encode(self, x):
        index = x[..., 0]
        index = index * (index <= self.z["items"])
        index = index * (torch.rand_like(index) >= self.z["itemDropout"])
        return torch.cat([self.features(x[..., 1:]), self.own(index.long())], -1)

    def summarise(self, present, age, columns):
        rows = present.shape[1]
        parts = []
        for weights in (present, present * (age * (-1 / 86400)).exp(), present * self.latest[-rows:]):
            parts.append((weights.unsqueeze(1) @ columns).squeeze(1) / (weights.sum(1, keepdim=True) + 1))
        return torch.cat([*parts, present.sum(1, keepdim=True).log1p()], -1)

    def forward(self, context, user, history, candidates):
        z, shown = self.z, history[..., 3 + self.z["actions"]:]
        rows, present, age = history.shape[1], history[..., 0], history[..., 1].clamp_min(0)
        responses = torch.cat([history[..., 3:3 + z["actions"]], history[..., 2:3].clamp_min(0).log1p() * 0.25], -1)
        seen = self.item(self.encode(shown)).relu()
        events = self.event(torch.cat([seen, responses, age.unsqueeze(-1).log1p() * 0.1], -1)) + self.places[-rows:]
        events = events.relu() * present.unsqueeze(-1)
        summary = self.summarise(present, age, torch.cat([events, responses], -1))

        features = self.encode(candidates)
        item = self.item(features).relu()
        scores = (self.key(events) @ self.query(item).unsqueeze(-1)).squeeze(-1) / math.sqrt(z["itemWidth"])
        weights = (scores * present + (present - 1) * 1e9).softmax(-1) * present
        attended = (weights.unsqueeze(1) @ events).squeeze(1)
        matched = []
        for column in self.matched:
            code = candidates[:, column:column + 1]
            matches = present * (shown[..., column] == code) * (code > 0)
            count = matches.sum(1, keepdim=True) + 1
            matched += [(matches.unsqueeze(1) @ responses).squeeze(1) / count, count.log()]
        user = F.dropout(torch.cat([self.context(context), self.user(user), summary], -1), z["dropout"])
        item = F.dropout(torch.cat([features, item, attended, *matched], -1), z["dropout"])

        e, w, k = z["experts"], z["expertWidth"], z["tasks"]
        experts, gates = (self.first_user(user) + self.first_item(item)).split([e * w, k * e], -1)
        experts = F.dropout(experts.relu(), z["expertDropout"]).reshape(-1, e, w)
        mixed = (gates.reshape(-1, k, e).softmax(-1) @ experts).transpose(0, 1)
        towers = torch.baddbmm(self.tower_in_bias, mixed, self.tower_in).relu()
        return torch.baddbmm(self.tower_out_bias, towers, self.tower_out).squeeze(-1).t()


def upstream(z):
    model = UpstreamModel(z)
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3, weight_decay=0.1)
    n, h = z["batch"], z["shown"]

    def codes(sizes, *rows):
        return torch.stack([torch.randint(0, size, rows).float() for size in sizes], -1)

    def items(*rows):
        return torch.cat([codes([z["items"]], *rows), torch.randn(*rows, z["itemNumbers"]), codes(z["itemCodes"], *rows)], -1)
    context, user = codes(z["contextCodes"], n), torch.cat([torch.randn(n, z["userNumbers"]), codes(z["userCodes"], n)], -1)
    history = torch.cat([torch.ones(n, h, 1), torch.rand(n, h, 2) * 1000, (torch.rand(n, h, z["actions"]) < 0.2).float(), items(n, h)], -1)
    candidates = items(n)
    labels, known, weights = (torch.rand(n, z["tasks"]) < 0.2).float(), torch.ones(n, z["tasks"]), torch.ones(z["tasks"])

    def update():
        losses = F.binary_cross_entropy_with_logits(model(context, user, history, candidates), labels, reduction="none")
        loss = (losses * known * weights).sum() / n
        optimizer.zero_grad()
        loss.backward()
        if not math.isfinite(loss.item()):
            raise ArithmeticError("the loss is not finite")
        torch.nn.utils.clip_grad_norm_(model.parameters(), 5)
        optimizer.step()
    return update


CASES = {
    "perceptron": perceptron,
    "batchrl-mtf": batch_rl,
    "unified-rl, list of critics": unified_rl(ListOfCritics),
    "unified-rl, batched critics": unified_rl(BatchedCritics),
    "enhanced-rl, list of critics": enhanced_rl(ListOfCritics),
    "enhanced-rl, batched critics": enhanced_rl(BatchedCritics),
    "td3": td3,
    "cql-sac": cql_sac,
    "iql": iql,
    "sac": sac,
    "qr-iql": qr_iql,
    "mmoe": upstream,
}


def main():
    built = {}
    for line in sys.stdin:
        request = json.loads(line)
        torch.set_num_threads(request["threads"])
        key = json.dumps([request["case"], request["sizes"]], sort_keys=True)
        if key not in built:
            torch.manual_seed(1)
            built[key] = CASES[request["case"]](request["sizes"])
        update = built[key]
        clock = time.process_time if request["clock"] == "cpu" else time.perf_counter
        begin = clock()
        for _ in range(request["updates"]):
            update()
        print(json.dumps({"seconds": clock() - begin}), flush=True)


if __name__ == "__main__":
    main()
