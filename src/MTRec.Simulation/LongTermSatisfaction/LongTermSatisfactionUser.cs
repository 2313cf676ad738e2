using MTRec.Core.Tasks;
using MTRec.Learning.Environments;
using static TorchSharp.torch;

namespace MTRec.Simulation.LongTermSatisfaction;

/// <summary>
/// RecSim's long-term satisfaction (Ie et al. 2019, arXiv 1909.04847): items have a clickbait score k in [0, 1]; clickbait engages more now and lowers the satisfaction
/// that scales all later engagement. The satisfaction is hidden. This user consumes whatever is shown and maximises nothing: a test of what
/// inverse reinforcement learning says of a user whom its model does not fit.
/// </summary>
/// <remarks>
/// satisfaction = sigmoid(sensitivity x); log engagement ~ N((k choc + (1 - k) kale) satisfaction, k choc deviation + (1 - k) kale deviation); then
/// x &lt;- memory x - 2 (k - 1/2) + N(0, innovation). The state is what a feed has seen: for the last three steps the clickbait score and the
/// engagement's logarithm over 5, latest first, and the share of the time budget that is spent. The one upstream task, <c>positive</c>, is k.
/// </remarks>
/// <param name="options">Numbers.</param>
public sealed class LongTermSatisfactionUser(LongTermSatisfactionOptions options) : IEnvironment
{
    private const int Remembered = 3;
    private const int StateWidth = (2 * Remembered) + 1;

    private int _seed;
    private int _step;
    private double[] _exposure = [];
    private float[] _candidates = [];
    private float[] _state = [];

    /// <inheritdoc/>
    public EnvironmentShape Shape { get; } = new("long-term-satisfaction", StateWidth, options.Candidates, ["engagement"], options.TimeBudget)
    {
        Tasks = [new TaskDefinition("positive", 0, 1, 0.5f, "probability")],
        Candidates = options.Candidates,
        CandidateWidth = 1,
        ListSize = 1,
        Responses = ["positive", "engagement"],
    };

    /// <summary>Engagement of the last step [B]; 0 for sessions that had ended.</summary>
    public float[] Engagement { get; private set; } = [];

    /// <summary>The truth, for evaluation only: the satisfaction with which the last step's item was consumed [B]; NaN for sessions that had ended.</summary>
    public float[] Satisfaction { get; private set; } = [];

    /// <summary>The truth, for evaluation only: the satisfaction after the last step [B]; NaN for sessions that had ended.</summary>
    public float[] SatisfactionAfter { get; private set; } = [];

    /// <inheritdoc/>
    public Observation Reset(int sessions, int seed)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(sessions, 1);
        (_seed, _step) = (seed, 0);
        var random = StepRandom.Of(seed, 0, 2);
        _exposure = [.. Enumerable.Range(0, sessions).Select(_ => random.Normal())];
        _state = new float[sessions * StateWidth];
        return Observe();
    }

    /// <inheritdoc/>
    public Outcome Advance(Tensor action)
    {
        var sessions = _exposure.Length;
        var shown = action.argmax(-1);
        var places = shown.data<long>().ToArray();
        var engagement = new float[sessions];
        var positive = new float[sessions];
        Satisfaction = new float[sessions];
        SatisfactionAfter = new float[sessions];
        var active = _step < options.TimeBudget;
        if (active)
        {
            var random = StepRandom.Of(_seed, _step, 1);
            _step++;
            for (var session = 0; session < sessions; session++)
            {
                var clickbait = _candidates[(session * options.Candidates) + places[session]];
                engagement[session] = Consume(session, clickbait, random.Normal(), random.Normal());
                positive[session] = engagement[session] > options.PositiveEngagement ? 1 : 0;
                Remember(session, clickbait, engagement[session]);
            }
        }
        else
        {
            Array.Fill(Satisfaction, float.NaN);
            Array.Fill(SatisfactionAfter, float.NaN);
        }

        Engagement = engagement;
        var rewards = tensor(engagement).unsqueeze(1);
        return new Outcome(Observe(), rewards, full(sessions, active && _step == options.TimeBudget ? 1f : 0f))
        {
            Shown = shown.unsqueeze(1),
            ItemRewards = rewards.unsqueeze(1),
            Responses = stack([tensor(positive), tensor(engagement)], -1).unsqueeze(1),
        };
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    private float Consume(int session, double clickbait, double engagementNoise, double exposureNoise)
    {
        var satisfaction = Sigmoid(options.Sensitivity * _exposure[session]);
        var mean = ((clickbait * options.ChocMean) + ((1 - clickbait) * options.KaleMean)) * satisfaction;
        var deviation = (clickbait * options.ChocDeviation) + ((1 - clickbait) * options.KaleDeviation);
        _exposure[session] = (options.Memory * _exposure[session]) - (2 * (clickbait - 0.5)) + (options.Innovation * exposureNoise);
        Satisfaction[session] = (float)satisfaction;
        SatisfactionAfter[session] = (float)Sigmoid(options.Sensitivity * _exposure[session]);
        return (float)Math.Exp(mean + (deviation * engagementNoise));
    }

    private void Remember(int session, float clickbait, float engagement)
    {
        var state = _state.AsSpan(session * StateWidth, StateWidth);
        state[..^3].CopyTo(state[2..]);
        state[0] = clickbait;
        state[1] = MathF.Log(engagement) / 5;
        state[^1] = _step / (float)options.TimeBudget;
    }

    private Observation Observe()
    {
        var sessions = _exposure.Length;
        var random = StepRandom.Of(_seed, _step, 0);
        _candidates = [.. Enumerable.Range(0, sessions * options.Candidates).Select(_ => random.NextSingle())];
        var candidates = tensor(_candidates, [sessions, options.Candidates, 1]);
        return new Observation(
            tensor(_state, sessions, StateWidth), full(sessions, _step < options.TimeBudget ? 1f : 0f), candidates, candidates.clone());
    }

    private static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));
}
