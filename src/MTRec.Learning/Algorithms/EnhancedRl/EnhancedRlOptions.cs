using MTRec.Learning.Algorithms.UnifiedRl;

namespace MTRec.Learning.Algorithms.EnhancedRl;

/// <summary>
/// Hyper-parameters of EnhancedRL. Only the abstract of the paper is open: m is from a note on it, what it shares with UnifiedRL from there, the
/// rest ours.
/// </summary>
public sealed record EnhancedRlOptions : BoundedOptions
{
    /// <summary>The defaults.</summary>
    public EnhancedRlOptions() => (Critics, ActorRate) = (10, 1e-3);

    /// <summary>How far the actor may go without a penalty, as a share of the explored bounds, in (0, 1]; ours.</summary>
    public double Reach { get; init; } = 1;

    /// <summary>What the critics regress on.</summary>
    public EnhancedRlCredit Credit { get; init; } = EnhancedRlCredit.Item;

    /// <summary>What the actor climbs.</summary>
    public EnhancedRlObjective Objective { get; init; } = EnhancedRlObjective.Choice;

    /// <summary>Temperature of <see cref="EnhancedRlObjective.Choice"/>, in deviations of the fused score within a request; above 0; ours.</summary>
    public double Temperature { get; init; } = 0.5;

    /// <summary>Experts of the actor that all tasks share, 1 or more; ours.</summary>
    public int SharedExperts { get; init; } = 2;

    /// <summary>Width of an expert; ours.</summary>
    public int ExpertWidth { get; init; } = 32;
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
