using MTRec.Core.Features;
using MTRec.Core.Sessions;
using MTRec.Inference;
using MTRec.Learning.Environments;
using MTRec.Learning.Fusion;
using MTRec.Learning.Networks;
using MTRec.Simulation.KuaiRand;
using static TorchSharp.torch;

namespace MTRec.Trainer.Simulation;

/// <summary>
/// A bundle's policy for simulated users: its own graph, item table and feature layout, as the service would run it. Features of the environment
/// are found by name, categories by their text; what the environment lacks has the bundle's default.
/// </summary>
internal sealed class BundlePolicy : IActionPolicy
{
    private readonly Bundle _bundle;
    private readonly KuaiRandEnvironment _environment;
    private readonly FeatureSchema _from;
    private readonly ItemTable _items;
    private readonly Func<float, float>[] _contextCodes;
    private readonly int[] _contextPlaces;
    private readonly Func<float, float>[] _userCodes;
    private readonly int[] _userPlaces;

    /// <summary>Prepares a bundle for an environment.</summary>
    /// <exception cref="ArgumentException">The bundle's tasks are not the environment's.</exception>
    public BundlePolicy(Bundle bundle, KuaiRandEnvironment environment, KuaiRandSimulator simulator)
    {
        if (!bundle.Manifest.Tasks.Select(task => task.Name).SequenceEqual(environment.Shape.Tasks.Select(task => task.Name), StringComparer.Ordinal))
            throw new ArgumentException($"the bundle's tasks are not {string.Join(", ", environment.Shape.Tasks.Select(task => task.Name))}.", nameof(bundle));
        (_bundle, _environment, _from, _items) = (bundle, environment, simulator.Schema, simulator.Items);
        Actions = new FusionActions(bundle.Manifest.Fusion, bundle.Manifest.Tasks.Count);
        var to = bundle.Assembler.Schema;
        (_contextPlaces, _contextCodes) = Map(_from.Context, to.Context);
        (_userPlaces, _userCodes) = Map(_from.User, to.User);
    }

    /// <inheritdoc/>
    public string Algorithm => _bundle.Manifest.Fusion.Algorithm;

    /// <inheritdoc/>
    public FusionActions Actions { get; }

    /// <inheritdoc/>
    public bool PerCandidate => _bundle.Shape.ActionPerCandidate;

    /// <inheritdoc/>
    public Tensor Act(Observation observation) => Run(observation).Actions;

    /// <inheritdoc/>
    public Tensor Score(Observation observation) => Run(observation).Scores;

    /// <inheritdoc/>
    public void Dispose() => _bundle.Dispose();

    private static (int[] Places, Func<float, float>[] Codes) Map(IReadOnlyList<FeatureDefinition> from, IReadOnlyList<FeatureDefinition> to)
    {
        var names = from.Select(feature => feature.Name).ToList();
        int[] places = [.. to.Select(feature => names.IndexOf(feature.Name))];
        return (places, [.. to.Select((feature, i) => places[i] < 0 ? _ => feature.Default : Code(from[places[i]], feature))]);
    }

    private static Func<float, float> Code(FeatureDefinition from, FeatureDefinition to)
    {
        if (from.Values is null || to.Values is null)
            return value => Math.Clamp(value, to.Min, to.Max);
        var codes = from.Values.ToDictionary(pair => (float)pair.Value, pair => (float)to.Values.GetValueOrDefault(pair.Key));
        return value => codes.GetValueOrDefault(value);
    }

    private (Tensor Actions, Tensor Scores) Run(Observation observation)
    {
        var (context, user, history, _) = _environment.Inputs;
        var contexts = context.Floats();
        var users = user.Floats();
        var histories = history.Floats();
        var scores = observation.TaskScores!.Floats();
        var ids = _environment.CandidateIds();
        var moments = _environment.Moments();
        var (sessions, n, width) = (ids.Length, ids[0].Length, Actions.Width);
        var actionRows = PerCandidate ? n : 1;
        var fused = new float[sessions * n];
        var actions = new float[sessions * actionRows * width];
        using var inputs = new RankingInputs(_bundle.Shape, n);
        using var outputs = new RankingOutputs(_bundle.Shape, n);
        for (var session = 0; session < sessions; session++)
        {
            inputs.Reset(n);
            Write(contexts.AsSpan(session * _from.Context.Count, _from.Context.Count), _contextPlaces, _contextCodes, inputs.Context);
            Write(users.AsSpan(session * _from.User.Count, _from.User.Count), _userPlaces, _userCodes, inputs.User);
            var events = Events(histories.AsSpan(session * _from.History.Length * _from.HistoryWidth, _from.History.Length * _from.HistoryWidth), moments[session]);
            _bundle.Assembler.WriteHistory(events, moments[session], _bundle.Items, inputs.History);
            for (var i = 0; i < n; i++)
            {
                _bundle.Assembler.WriteItem(ids[session][i], _bundle.Items, inputs.Candidate(i));
                for (var k = 0; k < Actions.Tasks; k++)
                {
                    var task = _environment.Shape.Tasks[k];
                    inputs.ScoresOf(i)[k] = task.Min + (scores[(((session * n) + i) * Actions.Tasks) + k] * (task.Max - task.Min));
                }
            }

            outputs.Reset(n);
            _bundle.Scorer.Fuse(inputs, outputs, explain: false);
            outputs.FusionScores.CopyTo(fused.AsSpan(session * n, n));
            for (var row = 0; row < actionRows; row++)
                Actions.FromReal(outputs.ActionOf(row).ToArray()).CopyTo(actions, ((session * actionRows) + row) * width);
        }

        return (tensor(actions, [sessions, actionRows, width]), tensor(fused, sessions, n));
    }

    private static void Write(ReadOnlySpan<float> from, int[] places, Func<float, float>[] codes, Span<float> to)
    {
        for (var i = 0; i < to.Length; i++)
            to[i] = codes[i](places[i] < 0 ? 0 : from[places[i]]);
    }

    private SessionEvent[] Events(ReadOnlySpan<float> history, long now)
    {
        var events = new List<SessionEvent>();
        for (var start = 0; start < history.Length; start += _from.HistoryWidth)
        {
            var row = history.Slice(start, _from.HistoryWidth);
            if (row[HistoryLayout.PresentColumn] == 0)
                continue;
            var done = UserActions.None;
            for (var action = 0; action < _from.History.Actions.Count; action++)
            {
                if (row[HistoryLayout.ActionStart + action] == 1 && UserActionNames.TryParse(_from.History.Actions[action], out var flag))
                    done |= flag;
            }

            var item = _items.Ids[(int)row[HistoryLayout.ActionStart + _from.History.Actions.Count] - 1];
            events.Add(new SessionEvent(item, now - (long)Math.Round(row[HistoryLayout.AgeColumn] * 1000.0), done, row[HistoryLayout.WatchColumn]));
        }

        return [.. events];
    }
}
