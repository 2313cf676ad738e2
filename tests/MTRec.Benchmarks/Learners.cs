using MTRec.Learning.Algorithms.MentalReward;
using MTRec.Learning.Algorithms.MentalReward.Choices;
using MTRec.Learning.Algorithms.Sac;
using MTRec.Learning.Environments;
using static TorchSharp.torch;

namespace MTRec.Benchmarks;

/// <summary>A learner whose updates are timed.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Sizes">What Python builds the same networks and batches from.</param>
/// <param name="Build">Makes it.</param>
/// <param name="References">Cases of <c>pytorch_updates.py</c> that do the same.</param>
internal sealed record LearnerCase(string Name, object Sizes, Func<RunningLearner> Build, params string[] References);

/// <summary>Some updates at a call.</summary>
internal sealed class RunningLearner(Action<int> update, params IDisposable[] owned) : IDisposable
{
    public void Update(int count) => update(count);

    public void Dispose()
    {
        foreach (var disposable in owned)
            disposable.Dispose();
    }
}

/// <summary>The learners, at the sizes that they are trained with.</summary>
internal static class Learners
{
    public static IEnumerable<LearnerCase> All =>
    [
        Perceptron(64),
        Perceptron(256),
        Perceptron(4096),
        Sac,
        QrIql,
    ];

    private static LearnerCase Sac => new(
        "sac",
        new { Rows = 20_000, State = 89, Action = 27, Hidden = new[] { 128, 128 }, Batch = 256 },
        () =>
        {
            var options = new SacOptions { Width = 128, Replay = 20_000 };
            var learner = new Sac(options, new NoUsers(new EnvironmentShape("none", 89, 27, ["reward"], 1)), (_, _, outcome) => outcome.Rewards, seed: 1);
            var replay = new ReplayBuffer(20_000, 89, 27);
            using (NewDisposeScope())
                replay.Add(arange(20_000, ScalarType.Int64), new Replayed(randn(20_000, 89), (rand(20_000, 27) * 2) - 1, randn(20_000), randn(20_000, 89), rand(20_000).lt(0.1).to_type(ScalarType.Float32)));
            return new RunningLearner(Each(() => learner.Update(replay.Draw(256))), learner, replay);
        },
        "sac");

    private static LearnerCase QrIql => new(
        "qr-iql",
        new { Rows = 20_000, State = 64, Quantiles = 10, Hidden = new[] { 64, 64 }, Batch = 512, Session = 10 },
        () =>
        {
            var next = Enumerable.Range(1, 20_000).Select(row => row % 10 == 0 ? -1L : row).ToArray();
            var log = new ChoiceLog
            {
                State = randn(20_000, 64), Action = rand(20_000).lt(0.3).to_type(ScalarType.Int64), Next = tensor(next), Hidden = new Dictionary<string, float[]>(),
            };
            return new RunningLearner(updates => new ChoiceIql(new QrIqlOptions(), new ChoiceFit { Steps = updates }, seed: 1).Fit(log).Dispose(), log);
        },
        "qr-iql");

    private static LearnerCase Perceptron(int batch) => new(
        $"perceptron, batch {batch}",
        new { Widths = new[] { 64, 128, 64, 32 }, Batch = batch },
        () =>
        {
            var network = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 64), nn.ReLU(), nn.Linear(64, 32));
            var optimizer = optim.Adam(network.parameters(), 1e-3);
            var (x, y) = (randn(batch, 64), randn(batch, 32));
            return new RunningLearner(
                Each(() =>
                {
                    optimizer.zero_grad();
                    nn.functional.mse_loss(network.call(x), y).backward();
                    optimizer.step();
                }),
                network, optimizer, x, y);
        },
        "perceptron");

    private static Action<int> Each(Action update) => count =>
    {
        for (var i = 0; i < count; i++)
        {
            using var scope = NewDisposeScope();
            update();
        }
    };

    // The learner's updates are timed, not the playing.
    private sealed class NoUsers(EnvironmentShape shape) : IEnvironment
    {
        public EnvironmentShape Shape => shape;

        public Observation Reset(int sessions, int seed) => throw new NotSupportedException();

        public Outcome Advance(Tensor action) => throw new NotSupportedException();

        public void Dispose()
        {
        }
    }
}
