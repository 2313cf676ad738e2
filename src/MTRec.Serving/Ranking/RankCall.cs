using System.Text.Json;
using MTRec.Core.Blending;
using MTRec.Core.Events;
using MTRec.Core.Features;
using MTRec.Core.Sessions;
using MTRec.Inference;
using MTRec.Serving.Experiments;
using MTRec.Serving.Http;

namespace MTRec.Serving.Ranking;

/// <summary>
/// One rank call on its way through the service: what was asked, the graphs' tensors, and the answer. Pooled, and bound to one
/// bundle, whose tensors have other sizes than another's. For one thread at a time.
/// </summary>
internal sealed class RankCall(BundleShape shape) : IDisposable
{
    // What is written is right by the writer's code.
    private static readonly JsonWriterOptions Unchecked = new() { SkipValidation = true };

    private Utf8JsonWriter? _json;

    /// <summary>The request's id; null until the caller's or a new one is set.</summary>
    public string? RequestId { get; set; }

    /// <summary>The user.</summary>
    public string UserId { get; set; } = "";

    /// <summary>The moment that the caller named.</summary>
    public DateTimeOffset? Timestamp { get; set; }

    /// <summary>Items answered at most; null for all.</summary>
    public int? Limit { get; set; }

    /// <summary>What was remembered of the user.</summary>
    public UserSession Session { get; set; } = UserSession.Empty;

    /// <summary>Whether the answer explains each score.</summary>
    public bool Explain { get; set; }

    /// <summary>Whether the caller gave task scores; the bundle's task scorer predicts them otherwise.</summary>
    public bool HasScores { get; set; }

    /// <summary>What the experiments ask of the call.</summary>
    public RankPlan Plan { get; set; } = RankPlan.None;

    /// <summary>The weights [K] that fused in place of the policy; null where the policy or the bundle's fallback did.</summary>
    public float[]? FixedWeights { get; set; }

    /// <summary>How the mental reward entered the final scores.</summary>
    public BlendForm BlendForm { get; set; }

    /// <summary>How the action was drawn; null where it was not.</summary>
    public ExposureExploration? Exploration { get; set; }

    /// <summary>The candidates' ids [N], in UTF-8.</summary>
    public IdSet ItemIds { get; } = new();

    /// <summary>Whether anything is known of a candidate's features [N], from its item or from the caller; it runs on defaults otherwise.</summary>
    public List<bool> Described { get; } = [];

    /// <summary>Tasks of the bundle that the caller's scores lack, by their index.</summary>
    public List<int> DefaultedTasks { get; } = [];

    /// <summary>The graphs' inputs.</summary>
    public RankingInputs Inputs { get; } = new(shape, 0);

    /// <summary>The graphs' outputs.</summary>
    public RankingOutputs Outputs { get; } = new(shape, 0);

    /// <summary>Final scores [N].</summary>
    public double[] Scores { get; private set; } = [];

    /// <summary>Indices of the candidates, best first: the first <see cref="AnsweredCount"/> of them.</summary>
    public int[] Order { get; private set; } = [];

    /// <summary>Parts that were missing when the answer was made.</summary>
    public List<string> Degraded { get; } = [];

    /// <summary>The bundle's graphs that failed, each by its part.</summary>
    public List<(string Part, GraphFailedException Exception)> Failures { get; } = [];

    /// <summary>Measures the call.</summary>
    public StageClock Clock { get; } = new();

    /// <summary>The fusion formula ran, rather than its fallback.</summary>
    public bool FusedByPolicy => !Outputs.Action.IsEmpty;

    /// <summary>Candidates that ran on default features.</summary>
    public int DefaultedItems => Described.Count(described => !described);

    /// <summary>Items that are answered.</summary>
    public int AnsweredCount => Math.Min(Count, Limit ?? Count);

    /// <summary>Number of candidates N.</summary>
    public int Count => Described.Count;

    /// <summary>A writer that starts anew, on <paramref name="buffer"/>.</summary>
    public Utf8JsonWriter JsonTo(PooledBuffer buffer)
    {
        if (_json is null)
            return _json = new Utf8JsonWriter(buffer, Unchecked);
        _json.Reset(buffer);
        return _json;
    }

    /// <summary>Makes room for the answer to <see cref="Count"/> candidates.</summary>
    public void BeginScoring()
    {
        Outputs.Reset(Count);
        if (Scores.Length < Count)
        {
            Scores = new double[Math.Max(Count, 2 * Scores.Length)];
            Order = new int[Scores.Length];
        }
    }

    /// <summary>Forgets the call, so that another can take its place.</summary>
    public void Reset()
    {
        RequestId = null;
        UserId = "";
        Timestamp = null;
        Session = UserSession.Empty;
        Limit = null;
        Explain = false;
        HasScores = false;
        Plan = RankPlan.None;
        FixedWeights = null;
        Exploration = null;
        ItemIds.Clear();
        Described.Clear();
        DefaultedTasks.Clear();
        Inputs.Reset(0);
        Degraded.Clear();
        Failures.Clear();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Inputs.Dispose();
        Outputs.Dispose();
        _json?.Reset();
        _json?.Dispose();
    }
}
