namespace MTRec.Learning.Algorithms.EnhancedRl;

/// <summary>
/// Hyper-parameters of EnhancedRL. Only the abstract of the paper is open: m is from a note on it, what it shares with UnifiedRL from there, the
/// rest ours.
/// </summary>
public sealed record EnhancedRlOptions
{
    /// <summary>gamma, in [0, 1); UnifiedRL's.</summary>
    public double Discount { get; init; } = 0.9;

    /// <summary>m: critics a reward group, 1 or more.</summary>
    public int Critics { get; init; } = 10;

    /// <summary>beta: how soon the penalty rises and trust falls outside of the bounds, above 0; UnifiedRL's.</summary>
    public double Beta { get; init; } = 0.3;

    /// <summary>lambda: weight of the critics' disagreement, 0 or more; UnifiedRL's.</summary>
    public double Disagreement { get; init; } = 0.2;

    /// <summary>eta: weight of the penalty outside of the bounds, 0 or more; UnifiedRL's.</summary>
    public double Eta { get; init; } = 1.2;

    /// <summary>How far the actor may go without a penalty, as a share of the explored bounds, in (0, 1]; ours.</summary>
    public double Reach { get; init; } = 1;

    /// <summary>What the critics regress on.</summary>
    public EnhancedRlCredit Credit { get; init; } = EnhancedRlCredit.Item;

    /// <summary>What the actor climbs.</summary>
    public EnhancedRlObjective Objective { get; init; } = EnhancedRlObjective.Choice;

    /// <summary>Temperature of <see cref="EnhancedRlObjective.Choice"/>, in deviations of the fused score within a request; above 0; ours.</summary>
    public double Temperature { get; init; } = 0.5;

    /// <summary>Share of the way that the targets go at a time, in (0, 1]; UnifiedRL's.</summary>
    public double TargetRate { get; init; } = 0.08;

    /// <summary>Updates between two moves of the targets; UnifiedRL's.</summary>
    public int TargetEvery { get; init; } = 15;

    /// <summary>Requests in a batch; UnifiedRL's.</summary>
    public int BatchSize { get; init; } = 256;

    /// <summary>Updates of a training, all rounds together; UnifiedRL's.</summary>
    public int Updates { get; init; } = 300_000;

    /// <summary>Updates before the actor's first, 0 or more: what new critics say of actions is noise; ours.</summary>
    public int CriticWarmUp { get; init; } = 500;

    /// <summary>Learning rate of the actor; ours.</summary>
    public double ActorRate { get; init; } = 1e-3;

    /// <summary>Learning rate of the critics; ours.</summary>
    public double CriticRate { get; init; } = 1e-3;

    /// <summary>Experts of the actor that all tasks share, 1 or more; ours.</summary>
    public int SharedExperts { get; init; } = 2;

    /// <summary>Width of an expert; ours.</summary>
    public int ExpertWidth { get; init; } = 32;

    /// <summary>Widths of a critic's hidden layers, one or more; ours: many critics, each small.</summary>
    public IReadOnlyList<int> CriticHidden { get; init; } = [32, 16];

    /// <summary>w: weight of each reward group; 1 each where null.</summary>
    public IReadOnlyList<float>? GroupWeights { get; init; }

    /// <summary>Seed of weights and batches.</summary>
    public int Seed { get; init; } = 1;
}

/// <summary>What EnhancedRL's critics regress on.</summary>
public enum EnhancedRlCredit
{
    /// <summary>(sum_j Q(s_tj, a_tj) - sum_j r_tj - gamma sum_j phi_j Q'(s_{t+1,j}, mu'(s_{t+1,j})))^2: the list's value alone, as the note on the paper has it.</summary>
    List,

    /// <summary>
    /// Every item its own reward and an equal share of the future: (Q(s_tj, a_tj) - r_tj - (gamma / L) sum_j phi_j Q'_j)^2, summed over the list.
    /// Sums of it satisfy the list's equation; the log tells who earned what, so that the same data says more (ours).
    /// </summary>
    Item,
}

/// <summary>What EnhancedRL's actor climbs.</summary>
public enum EnhancedRlObjective
{
    /// <summary>
    /// sum_j Q(s_tj, mu(s_tj)) over the shown items: UnifiedRL's objective by pairs. Once an item is shown, the action that brought it there
    /// changes nothing, so the slope of Q in the action is noise.
    /// </summary>
    Value,

    /// <summary>
    /// L sum_j P_j Q(s_tj, mu(s_tj)) over shown and passed-over candidates, P_j the chance that j is chosen first from the request's candidates,
    /// softmax_j(f_j / temperature) of the scores that mu fuses: an action matters by what it brings into the list, and by what that displaces (ours).
    /// </summary>
    Choice,
}
