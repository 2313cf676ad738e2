using MTRec.Learning.Environments;
using static TorchSharp.torch;

namespace MTRec.Learning.Tests.Algorithms;

/// <summary>Users with a side, -1 or 1, who stay three steps and give 1 - (action - side / 2)^2 at each: the best action is half the side.</summary>
internal sealed class PointUsers : IEnvironment
{
    public const int Steps = 3;

    private Tensor? _side;
    private int _step;

    public EnvironmentShape Shape { get; } = new("points", 2, 1, ["reward"], Steps);

    public Observation Reset(int sessions, int seed)
    {
        using var chance = new Generator((ulong)seed);
        _side?.Dispose();
        _side = ((rand(sessions, 1, generator: chance).gt(0.5).to_type(ScalarType.Float32) * 2) - 1).DetachFromDisposeScope();
        _step = 0;
        return Observe();
    }

    public Outcome Advance(Tensor action)
    {
        var active = _step < Steps ? 1f : 0f;
        var reward = (1 - (action - (_side! / 2)).square()) * active;
        _step++;
        return new Outcome(Observe(), reward, full(action.shape[0], _step == Steps ? 1f : 0f));
    }

    public void Dispose() => _side?.Dispose();

    private Observation Observe()
    {
        var sessions = _side!.shape[0];
        return new Observation(cat([_side, full([sessions, 1], Math.Min(_step, Steps) / (float)Steps)], 1), full(sessions, _step < Steps ? 1f : 0f));
    }
}
