using System.Globalization;
using MTRec.Learning.Algorithms.ActorCritic;
using MTRec.Learning.Distributed;
using MTRec.Learning.Environments;
using MTRec.Learning.Fitting;
using MTRec.Learning.Fusion;
using static TorchSharp.torch;

namespace MTRec.Learning.Algorithms.Xmtf;

/// <summary>
/// xMTF (WWW 2025, arXiv 2504.05669): fusion without a formula, by a sum of monotone functions of each task's score and the state. Learned in
/// two stages by turns: the outer one, few parameters by reinforcement, bends the cells' outputs; the inner one, many parameters by imitation,
/// takes the order that the outer one has found into the cells, from where the next outer stage starts unbent.
/// </summary>
/// <param name="options">How.</param>
/// <param name="progress">Told of every update; may be null.</param>
/// <param name="world">
/// The ranks that share the outer stage's batches; this process alone where left out. The inner stage, whose loss scales by the spread of the whole
/// batch, every rank computes whole.
/// </param>
public sealed class Xmtf(XmtfOptions options, IProgress<FitProgress>? progress = null, World? world = null)
{
    private const int Watched = 256;
    private const int WatchedSteps = 8;
    private const int Report = 100;
    private const double SmallestSpread = 1e-6;

    /// <summary>Learns.</summary>
    /// <param name="environment">Where outer actions are tried.</param>
    /// <param name="negative">Whether each task is an objection [K].</param>
    /// <param name="cancellation">Ends the learning between two updates.</param>
    public XmtfPolicy Fit(IEnvironment environment, IReadOnlyList<bool> negative, CancellationToken cancellation = default)
    {
        manual_seed(options.Seed);
        var random = new Random(options.Seed);
        var shape = environment.Shape;
        var actions = XmtfPolicy.OuterFunctions([.. shape.Tasks.Select(task => task.Name)], options.Curvature);
        using var unbent = new ConstantPolicy(XmtfPolicy.Name, actions, new float[actions.Width]);
        using var first = Watch(environment, null, random.Next());
        var cells = NewCells(first, shape.StateWidth, negative);
        ActorPolicy? actor = null;
        for (var round = 0; round < options.Rounds; round++)
        {
            if (actor is not null)
            {
                using var outer = new XmtfPolicy(cells, actor);
                using var seen = Watch(environment, outer, random.Next());
                cells = NewCells(first, shape.StateWidth, negative);
                cells.load_state_dict(outer.Cells.state_dict());
                Transfer(outer, cells, seen, random.Next(), cancellation);
            }

            using var through = new CellEnvironment(environment, cells);
            using var log = new LogCollector(through).Collect(unbent, new Exploration.Gaussian(options.Exploration), options.Sessions, random.Next());
            using var learner = new Td3.Td3(log, actions, options.Outer with { Seed = random.Next() }, world);
            actor = (ActorPolicy)FusionTraining.Run(
                learner, options.Outer.Updates, $"xMTF's outer stage, round {round + 1} of {options.Rounds}", progress, cancellation: cancellation, world: world);
        }

        return new XmtfPolicy(cells, actor!);
    }

    /// <summary>
    /// BPR (Rendle et al. 2009) towards the outer policy's order: mean of -log sigmoid(c (z_i - z_j)) where the outer policy has i before j. Sums
    /// of a few numbers in (0, 1) lie close together: c is the sharpness over the spread of the outer policy's own differences, so that pairs
    /// that are ordered clearly leave the matter to those that are not (ours).
    /// </summary>
    /// <param name="outer">z^O of both candidates of a pair [b, 2].</param>
    /// <param name="inner">z^I likewise.</param>
    /// <param name="sharpness">c in deviations of z^O_i - z^O_j, above 0.</param>
    public static Tensor TransferLoss(Tensor outer, Tensor inner, double sharpness)
    {
        var difference = outer.select(1, 0) - outer.select(1, 1);
        var scale = sharpness / Math.Max(difference.detach().std(unbiased: false).item<float>(), SmallestSpread);
        return nn.functional.softplus(-scale * difference.sign() * (inner.select(1, 0) - inner.select(1, 1))).mean();
    }

    /// <summary>How far cells are from monotone: mean of max(0, -d_k sign(o_ik - o_jk) (q_ik - q_jk)).</summary>
    /// <param name="scores">o of both candidates of a pair [b, 2, K].</param>
    /// <param name="outputs">q likewise, in the same state.</param>
    /// <param name="directions">d [K].</param>
    public static Tensor MonotonicityLoss(Tensor scores, Tensor outputs, Tensor directions)
    {
        var rise = (scores.select(1, 0) - scores.select(1, 1)).sign();
        return (-directions * rise * (outputs.select(1, 0) - outputs.select(1, 1))).relu().mean();
    }

    /// <summary>The inner stage: cells learn the outer policy's order.</summary>
    /// <param name="outer">The policy to imitate.</param>
    /// <param name="cells">What learns.</param>
    /// <param name="seen">States and candidates to learn on.</param>
    /// <param name="seed">Decides the pairs.</param>
    /// <param name="cancellation">Ends the learning between two updates.</param>
    internal void Transfer(XmtfPolicy outer, FusionCells cells, Seen seen, int seed, CancellationToken cancellation)
    {
        using var chance = new Generator((ulong)seed);
        using var parts = (world ?? World.Alone).Whole(seed);
        using var descent = new Descent("cells", optim.Adam(cells.parameters(), options.TransferRate), parts);
        var slices = parts.Of(options.TransferBatch);
        for (var update = 1; update <= options.TransferUpdates; update++)
        {
            cancellation.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            var (state, scores) = seen.Pairs(options.TransferBatch, chance);
            Tensor order;
            using (no_grad())
                order = outer.Score(state, scores);
            var transfer = 0f;
            descent.Minimise(slices, _ =>
            {
                var outputs = cells.call(state, scores);
                var loss = TransferLoss(order, outputs.sum(-1), options.Sharpness);
                transfer = loss.item<float>();
                return loss + (MonotonicityLoss(scores, outputs, cells.Directions) * options.Monotonicity);
            });
            if (update % Report == 0)
            {
                progress?.Report(new FitProgress(
                    "xMTF's inner stage",
                    update / (double)options.TransferUpdates,
                    string.Create(CultureInfo.InvariantCulture, $"transfer loss {transfer:F4}")));
            }
        }
    }

    /// <summary>What users of an environment are offered while a policy ranks; by chance where it is null.</summary>
    internal static Seen Watch(IEnvironment environment, IFusionPolicy? policy, int seed)
    {
        using var quiet = no_grad();
        using var scope = NewDisposeScope();
        using var chance = new Generator((ulong)seed);
        var states = new List<Tensor>();
        var scores = new List<Tensor>();
        var observation = environment.Reset(Watched, seed);
        for (var step = 0; step < Math.Min(WatchedSteps, environment.Shape.MaximumSteps); step++)
        {
            var going = observation.Active.nonzero().squeeze(1);
            if (going.numel() == 0)
                break;
            states.Add(observation.State.index_select(0, going));
            scores.Add(observation.TaskScores!.index_select(0, going));
            var order = policy?.Score(observation) ?? rand([Watched, environment.Shape.Candidates], generator: chance);
            observation = environment.Advance(order).Next;
        }

        return new Seen(cat(states).DetachFromDisposeScope(), cat(scores).DetachFromDisposeScope());
    }

    private FusionCells NewCells(Seen first, int stateWidth, IReadOnlyList<bool> negative)
    {
        using var scores = first.Scores.flatten(0, 1);
        return new FusionCells(stateWidth, negative, options.Units, scores);
    }

    /// <summary>States [rows, S] and the task scores of their candidates [rows, n, K].</summary>
    internal sealed record Seen(Tensor State, Tensor Scores) : IDisposable
    {
        /// <summary>States [b, S] and two of each one's candidates [b, 2, K].</summary>
        public (Tensor State, Tensor Scores) Pairs(int count, Generator chance)
        {
            var rows = randint(0, State.shape[0], [count], dtype: ScalarType.Int64, generator: chance);
            var places = rand([count, Scores.shape[1]], generator: chance).argsort(1).narrow(1, 0, 2);
            var scores = Scores.index_select(0, rows);
            return (State.index_select(0, rows), scores.gather(1, places.unsqueeze(-1).expand(-1, -1, scores.shape[2])));
        }

        /// <inheritdoc/>
        public void Dispose()
        {
            State.Dispose();
            Scores.Dispose();
        }
    }
}
