using MTRec.Core.Safetensors;
using MTRec.Learning.Environments;
using static TorchSharp.torch;

namespace MTRec.Simulation.VirtualTaobao;

/// <summary>
/// Virtual Taobao (Shi et al., AAAI 2019): users of Taobao learned from its logs. A step is a page of ten items, the action 27 weights of the
/// engine that fills it, the reward the clicks on it.
/// </summary>
/// <remarks>
/// The action moves the clicks alone, neither the user nor when they leave, so a session is a row of separate choices. One constant action
/// reaches an <see cref="Ectr"/> of 0.90: what is learned here must be read beside it.
/// </remarks>
public sealed class VirtualTaobaoEnvironment : IEnvironment
{
    /// <summary>Columns of a user: 11 one-hot features.</summary>
    public const int UserWidth = 88;

    /// <summary>Columns of an action, each in [-1, 1]; what lies outside is clamped.</summary>
    public const int ActionWidth = 27;

    /// <summary>Items on a page, so the most clicks a step.</summary>
    public const int PageSize = 10;

    /// <summary>The page after which even the last user has left.</summary>
    public const int MaximumPages = 100;

    private const int Noise = 128;

    // Where each one-hot feature of a user begins and the last ends.
    private static readonly int[] Borders = [0, 8, 16, 27, 38, 49, 60, 62, 64, 67, 85, UserWidth];

    private readonly VirtualTaobaoNetwork _generator;
    private readonly VirtualTaobaoNetwork _leave;
    private readonly VirtualTaobaoNetwork _clicks;
    private readonly Generator _chance = new();
    private Tensor? _users;
    private Tensor? _pages;
    private Tensor? _active;
    private int _page;

    /// <summary>Reads the three networks.</summary>
    /// <param name="folder">Holds <c>generator_model</c>, <c>leave_model</c> and <c>action_model</c> as <c>.safetensors</c>.</param>
    /// <exception cref="SafetensorsException">A file is not the network that it should be.</exception>
    public VirtualTaobaoEnvironment(string folder)
    {
        _generator = new VirtualTaobaoNetwork(Path.Combine(folder, "generator_model.safetensors"), Noise, 128, UserWidth);
        _leave = new VirtualTaobaoNetwork(Path.Combine(folder, "leave_model.safetensors"), UserWidth, 128, 256, MaximumPages + 1);
        _clicks = new VirtualTaobaoNetwork(Path.Combine(folder, "action_model.safetensors"), UserWidth + 1 + ActionWidth, 128, 256, 21);
    }

    /// <summary>The state is the user and the page's share of <see cref="MaximumPages"/>.</summary>
    public EnvironmentShape Shape { get; } = new("virtual-taobao", UserWidth + 1, ActionWidth, ["clicks"], MaximumPages);

    /// <summary>eCTR = clicks / (10 pages).</summary>
    public static double Ectr(double clicks, double pages) => clicks / (PageSize * pages);

    /// <inheritdoc/>
    public Observation Reset(int sessions, int seed)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(sessions, 1);
        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        _chance.manual_seed(seed);
        var users = Users(sessions);
        Keep(ref _users, users);
        // At least one page; the networks know the number of the page, from 0.
        Keep(ref _pages, Draw(_leave.Logits(users)).clamp_min(1));
        Keep(ref _active, ones(sessions));
        _page = 0;
        var first = Observe();
        scope.MoveToOuter(first.State, first.Active);
        return first;
    }

    /// <inheritdoc/>
    public Outcome Advance(Tensor action)
    {
        if (_users is null || _pages is null || _active is null)
            throw new InvalidOperationException("No sessions: call Reset first.");
        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        var page = full([_users.shape[0], 1], _page, ScalarType.Float32);
        var logits = _clicks.Logits(cat([_users, page, action.clamp(-1, 1)], 1)).narrow(1, 0, PageSize + 1);
        var clicks = Draw(logits).to_type(ScalarType.Float32) * _active;
        _page++;
        var goesOn = _pages.gt(_page).to_type(ScalarType.Float32);
        var ended = _active * (1 - goesOn);
        Keep(ref _active, _active * goesOn);
        var outcome = new Outcome(Observe(), clicks.unsqueeze(1), ended);
        scope.MoveToOuter(outcome.Next.State, outcome.Next.Active);
        scope.MoveToOuter(outcome.Rewards, outcome.Ended);
        return outcome;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _generator.Dispose();
        _leave.Dispose();
        _clicks.Dispose();
        _chance.Dispose();
        _users?.Dispose();
        _pages?.Dispose();
        _active?.Dispose();
    }

    private static void Keep(ref Tensor? place, Tensor value)
    {
        place?.Dispose();
        place = value.DetachFromDisposeScope();
    }

    private Tensor Users(int sessions)
    {
        var logits = _generator.Logits(rand(sessions, Noise, generator: _chance));
        return cat(
            [.. Borders.Zip(Borders.Skip(1)).Select(border => nn.functional.one_hot(Draw(logits[.., border.First..border.Second]), border.Second - border.First))],
            1).to_type(ScalarType.Float32);
    }

    // One class a row [B] by the inverse distribution function: one draw a row whatever the logits are.
    private Tensor Draw(Tensor logits)
    {
        var draws = rand(logits.shape[0], 1, generator: _chance);
        return logits.softmax(-1).cumsum(-1).le(draws).sum(-1).clamp_max(logits.shape[1] - 1);
    }

    // The page at which an ended session ended, its last one.
    private Observation Observe()
    {
        var shown = _pages!.clamp_max(_page).to_type(ScalarType.Float32).unsqueeze(1) / MaximumPages;
        return new Observation(cat([_users!, shown], 1), _active!.clone());
    }
}
