using MTRec.Core.Tasks;

namespace MTRec.Learning.Environments;

/// <summary>Widths and names of an environment's tensors.</summary>
/// <param name="Name">The environment's name, such as <c>kuairand</c>.</param>
/// <param name="StateWidth">S.</param>
/// <param name="ActionWidth">Columns of an action: n where the environment ranks.</param>
/// <param name="Rewards">Names of the reward groups [R], such as <c>watchTime</c>, <c>behaviours</c>.</param>
/// <param name="MaximumSteps">Steps after which every session has ended.</param>
public sealed record EnvironmentShape(string Name, int StateWidth, int ActionWidth, IReadOnlyList<string> Rewards, int MaximumSteps)
{
    /// <summary>Tasks of the upstream scores [K]; empty where the environment does not rank.</summary>
    public IReadOnlyList<TaskDefinition> Tasks { get; init; } = [];

    /// <summary>n: candidates a step; 0 where the environment does not rank.</summary>
    public int Candidates { get; init; }

    /// <summary>F: columns of a candidate's features, task scores not among them.</summary>
    public int CandidateWidth { get; init; }

    /// <summary>L: items shown a step, the candidates with the highest final scores.</summary>
    public int ListSize { get; init; }

    /// <summary>Names of the responses to a shown item, such as <c>click</c>; the last columns may be quantities (<c>watchSeconds</c>).</summary>
    public IReadOnlyList<string> Responses { get; init; } = [];
}
