using MTRec.Learning.Environments;
using MTRec.Learning.Networks;
using static TorchSharp.torch;

namespace MTRec.Learning.Algorithms.MentalReward.Choices;

/// <summary>Shows random candidates to an environment's users and writes down what they choose.</summary>
/// <param name="environment">A ranking environment that shows one item a step, whose first response is the positive one.</param>
/// <param name="join">Makes s [B, S] of the environment's state and the shown item's features [B, F]; null sets them side by side.</param>
/// <param name="hidden">What else to write down after each step [B], by name; for evaluation alone.</param>
public sealed class ChoiceCollector(
    IEnvironment environment, Func<Tensor, Tensor, Tensor>? join = null, IReadOnlyDictionary<string, Func<float[]>>? hidden = null)
{
    private readonly Func<Tensor, Tensor, Tensor> _join = join ?? ((state, item) => cat([state, item], -1));
    private readonly IReadOnlyDictionary<string, Func<float[]>> _hidden = hidden ?? new Dictionary<string, Func<float[]>>();

    /// <summary>Runs sessions side by side to their end.</summary>
    /// <param name="sessions">B.</param>
    /// <param name="seed">Decides all chance.</param>
    /// <exception cref="ArgumentException">The environment shows no single item.</exception>
    public ChoiceLog Collect(int sessions, int seed)
    {
        var shape = environment.Shape;
        if (shape.ListSize != 1)
            throw new ArgumentException($"{shape.Name} shows {shape.ListSize} items a step; choices need one.", nameof(sessions));
        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        var random = new Random(seed);
        var states = new List<Tensor>();
        var actions = new List<float[]>();
        var active = new List<float[]>();
        var truths = _hidden.ToDictionary(pair => pair.Key, _ => new List<float[]>());
        var observation = environment.Reset(sessions, seed);
        for (var step = 0; step < shape.MaximumSteps; step++)
        {
            active.Add(observation.Active.Floats());
            var scores = Enumerable.Range(0, sessions * shape.Candidates).Select(_ => random.NextSingle()).ToArray();
            var outcome = environment.Advance(tensor(scores, sessions, shape.Candidates));
            var shown = outcome.Shown!.unsqueeze(-1).expand(-1, -1, shape.CandidateWidth);
            states.Add(_join(observation.State, observation.Candidates!.gather(1, shown).squeeze(1)));
            actions.Add(outcome.Responses!.select(-1, 0).squeeze(-1).Floats());
            foreach (var (name, read) in _hidden)
                truths[name].Add(read());
            observation = outcome.Next;
        }

        // By session, then by step; without the steps after a session's end.
        var rows = new List<(int Session, int Step)>();
        var next = new List<long>();
        for (var session = 0; session < sessions; session++)
        {
            for (var step = 0; step < shape.MaximumSteps && active[step][session] > 0; step++)
            {
                next.Add(step + 1 < shape.MaximumSteps && active[step + 1][session] > 0 ? rows.Count + 1 : -1);
                rows.Add((session, step));
            }
        }

        var places = tensor([.. rows.Select(row => (row.Step * (long)sessions) + row.Session)]);
        return new ChoiceLog
        {
            State = cat(states, 0).index_select(0, places).MoveToOuterDisposeScope(),
            Action = tensor([.. rows.Select(row => (long)actions[row.Step][row.Session])]).MoveToOuterDisposeScope(),
            Next = tensor(next.ToArray()).MoveToOuterDisposeScope(),
            Hidden = truths.ToDictionary(pair => pair.Key, pair => rows.Select(row => pair.Value[row.Step][row.Session]).ToArray()),
        };
    }
}
