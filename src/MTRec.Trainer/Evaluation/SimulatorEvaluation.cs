using MTRec.Core.Sessions;
using MTRec.Inference;
using MTRec.Learning.Evaluation;
using MTRec.Learning.Fusion;
using MTRec.Learning.Networks;
using MTRec.Simulation.KuaiRand;
using MTRec.Trainer.Simulation;
using static TorchSharp.torch;

namespace MTRec.Trainer.Evaluation;

/// <summary>
/// Lets a bundle rank by its fusion score for the evaluation users of the KuaiRand simulator: what a session earns, beside random order for the
/// same users in the same mood. The value is measured, so that nothing is estimated from other policies' logs.
/// </summary>
/// <param name="simulator">The users.</param>
/// <param name="sessions">Number of sessions, 1 or more.</param>
/// <param name="seed">Decides the users and their chance.</param>
/// <param name="bootstrap">The resampling of sessions.</param>
internal sealed class SimulatorEvaluation(KuaiRandSimulator simulator, int sessions, int seed, UserBootstrap bootstrap)
{
    private const int Batch = 64;

    /// <summary>Evaluates.</summary>
    /// <param name="bundle">The bundle, which is disposed of.</param>
    /// <exception cref="ArgumentException">The bundle's tasks are not the simulator's.</exception>
    /// <exception cref="GraphFailedException">A graph failed.</exception>
    public EvaluationReport Evaluate(Bundle bundle)
    {
        var name = $"{bundle.Manifest.Name}/{bundle.Manifest.Version}";
        using var policy = new BundlePolicy(bundle, simulator.Evaluation, simulator);
        using var random = new RandomOrder(seed);
        var grading = new PolicyEvaluation(simulator.Evaluation, sessions, seed, Batch);
        var (own, other) = (grading.Of(policy), grading.Of(random));
        var figures = new List<EvaluatedFigure>
        {
            EvaluatedFigure.Of("return of a session", own.Return(bootstrap), sessions),
            EvaluatedFigure.Of("return of a session above random order", own.Above(other, bootstrap), sessions),
            EvaluatedFigure.Of("seconds watched in a session", PolicyOutcomes.Mean(own.Seconds, bootstrap), sessions),
            EvaluatedFigure.Of("requests in a session", PolicyOutcomes.Mean(own.Steps, bootstrap), sessions),
        };
        var missing = new List<MissingFigure>
        {
            new("IPS, SNIPS, clipped IPS, DR, NCIS, FQE", "there is no need: on the simulator the bundle ranks itself, and its value is measured."),
        };
        var shown = ShownAtRandom(policy, random);
        var gauc = shown.MtfGauc(bootstrap);
        if (double.IsNaN(gauc.Value))
            missing.Add(new("MTF-GAUC", "no session has shown items of both kinds."));
        else
            figures.Add(EvaluatedFigure.Of("MTF-GAUC over items shown in random order", gauc, shown.Count));
        return new EvaluationReport(name, figures, missing);
    }

    // What a policy shows itself it scored high: only items shown whatever it thought of them tell how well it orders.
    private ShownItems ShownAtRandom(BundlePolicy policy, RandomOrder random)
    {
        var environment = simulator.Evaluation;
        var shape = environment.Shape;
        var responses = shape.Responses.Select(name =>
            name == "strongPositive" ? UserActions.ProfileEnter : UserActionNames.TryParse(name, out var action) ? action : UserActions.None).ToArray();
        var items = new ShownItems();
        for (var first = 0; first < sessions; first += Batch)
        {
            using var scope = NewDisposeScope();
            var observation = environment.Reset(Math.Min(Batch, sessions - first), seed + (first / Batch * 1_000_003));
            for (var step = 0; step < shape.MaximumSteps && observation.Active.sum().item<float>() > 0; step++)
            {
                var scores = policy.Score(observation);
                var outcome = environment.Advance(random.Score(observation));
                var active = observation.Active.Floats();
                var own = scores.gather(1, outcome.Shown!).Floats();
                var drawn = outcome.Responses!.Floats();
                for (var item = 0; item < own.Length; item++)
                {
                    var session = item / shape.ListSize;
                    if (active[session] > 0)
                        Add(first + session, own[item], drawn.AsSpan(item * responses.Length, responses.Length));
                }

                observation = outcome.Next;
            }
        }

        return items;

        void Add(int session, float score, ReadOnlySpan<float> row)
        {
            var actions = UserActions.None;
            for (var column = 0; column < responses.Length; column++)
                actions |= row[column] > 0 ? responses[column] : UserActions.None;
            items.Add(session, score, actions, row[^1]);
        }
    }
}
