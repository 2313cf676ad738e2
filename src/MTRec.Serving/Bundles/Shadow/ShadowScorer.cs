using MTRec.Serving.Http;
using MTRec.Serving.Items;
using MTRec.Serving.OpenApi;
using MTRec.Serving.Operations;
using MTRec.Serving.Ranking;
using MTRec.Serving.Ranking.Requests;

namespace MTRec.Serving.Bundles.Shadow;

/// <summary>
/// Scores a share of the answered requests with the shadow bundle, on a thread of its own, and compares. No answer waits for it: what it has
/// no time for is dropped and counted.
/// </summary>
internal sealed partial class ShadowScorer : IHostedService, IDisposable
{
    private readonly BundleHost _bundles;
    private readonly Ranker _ranker;
    private readonly ItemStore _items;
    private readonly RankOptions _limits;
    private readonly LiveOptions<ShadowOptions> _options;
    private readonly ShadowQueue _queue;
    private readonly ShadowMeters _meters;
    private readonly TimeProvider _time;
    private readonly ILogger<ShadowScorer> _logger;
    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Thread _thread;
    private ShadowComparison? _comparison;
    private bool _disposed;

    /// <summary>Is idle until it is started.</summary>
    public ShadowScorer(
        BundleHost bundles,
        Ranker ranker,
        ItemStore items,
        RankOptions limits,
        LiveOptions<ShadowOptions> options,
        ShadowQueue queue,
        ShadowMeters meters,
        TimeProvider time,
        ILogger<ShadowScorer> logger)
    {
        _bundles = bundles;
        _ranker = ranker;
        _items = items;
        _limits = limits;
        _options = options;
        _queue = queue;
        _meters = meters;
        _time = time;
        _logger = logger;
        _thread = new Thread(Run) { IsBackground = true, Name = "shadow" };
    }

    /// <summary>What is known of the shadow that is loaded; null where none is.</summary>
    public ShadowAnswer? Report
    {
        get
        {
            var options = _options.Current;
            return _bundles.Snapshot is { Active: { } active, Shadow: { } shadow } ? ComparisonOf(active, shadow).ToAnswer(options.Share, options.Top) : null;
        }
    }

    /// <summary>Takes a share of the calls that the active bundle's own policy has answered whole. Returns at once.</summary>
    /// <param name="body">The request; copied where it is taken.</param>
    /// <param name="call">The call, scored.</param>
    /// <param name="served">The bundle that scored it.</param>
    public void Offer(RequestBody body, RankCall call, ServedBundle served)
    {
        var snapshot = _bundles.Snapshot;
        if (snapshot.Shadow is not { } shadow || served != snapshot.Active || call.Count == 0)
            return;

        // What fixed weights or a drawn action have ordered tells nothing of the active bundle's policy.
        if (call.Degraded.Count > 0 || call.FixedWeights is not null || call.Exploration is not null)
            return;
        var options = _options.Current;
        if (Random.Shared.NextDouble() >= options.Share)
            return;

        if (_queue.TryReserve(ShadowRequest.Size(body.Bytes.Length, call.Count), options))
        {
            _queue.Add(new ShadowRequest(body, call, served, _time.GetUtcNow()));
            return;
        }

        ComparisonOf(served, shadow).Drop();
        _meters.Dropped();
    }

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        _thread.Start();
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => _stop.CancelAsync();

    /// <inheritdoc/>
    public void Dispose()
    {
        // Twice: as itself and as a hosted service.
        if (Interlocked.Exchange(ref _disposed, true))
            return;
        _stop.Cancel();
        if (_thread.IsAlive)
            _thread.Join();
        _stop.Dispose();
    }

    private void Run()
    {
        try
        {
            while (true)
            {
                using var request = _queue.Take(_stop.Token);
                if (_bundles.Snapshot is { Shadow: { } shadow } snapshot && request.Active == snapshot.Active)
                    Compare(request, shadow);
            }
        }
        catch (OperationCanceledException)
        {
            // The end of the service: what waits was for its own sake.
        }
    }

    private void Compare(ShadowRequest request, ServedBundle shadow)
    {
        using var lease = shadow.Bundle.TryLease();
        if (lease is null)
            return;
        var comparison = ComparisonOf(request.Active, shadow);
        var call = shadow.RentCall();
        try
        {
            if (FaultOf(request, call, shadow) is { } fault)
            {
                Fail(comparison, shadow, fault, call.Failures is [var failure, ..] ? failure.Exception : null);
                return;
            }

            var difference = OrderComparison.Of(request.Scores, call.Scores.AsSpan(0, call.Count), _options.Current.Top);
            comparison.Add(difference, request.Elapsed, call.Clock.Scoring);
            _meters.Compared(difference, request.Elapsed, call.Clock.Scoring);
        }
#pragma warning disable CA1031 // Whatever a shadow does, the service lives.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Fail(comparison, shadow, e.Message, e);
        }
        finally
        {
            shadow.ReturnCall(call);
        }
    }

    /// <summary>Scores the request as <see cref="Ranker"/> would have, had the shadow been active.</summary>
    /// <returns>Why it cannot; null where it has.</returns>
    private string? FaultOf(ShadowRequest request, RankCall call, ServedBundle shadow)
    {
        call.Clock.Start();
        var errors = new RequestErrors();
        var known = _items.Over(shadow.Bundle.Items, shadow.Bundle.Assembler);
        var reading = new RankReading(call, shadow.Names, known, _limits, errors);
        if (request.IsProtobuf)
            RankMessageReader.Read(request.Body, reading, shadow.Bundle.HasTaskScores);
        else
            RankRequestReader.Read(request.Body, reading, shadow.Bundle.HasTaskScores);
        if (errors.Any)
            return string.Join(" ", errors.ByPath().Select(error => $"{error.Key} {string.Join(" ", error.Value)}"));
        call.Timestamp = request.Timestamp;
        call.Session = request.Session;
        call.Plan = request.Plan;
        call.Clock.End(Stage.Parse);
        _ranker.Score(call, shadow.Bundle);
        return call.Degraded.Count > 0 ? $"it ranked without {string.Join(", ", call.Degraded)}" : null;
    }

    private ShadowComparison ComparisonOf(ServedBundle active, ServedBundle shadow)
    {
        var pair = ShadowPair.Of(active, shadow);
        lock (_gate)
        {
            if (_comparison is not { } comparison || comparison.Pair != pair)
                _comparison = comparison = new ShadowComparison(pair);
            return comparison;
        }
    }

    private void Fail(ShadowComparison comparison, ServedBundle shadow, string reason, Exception? exception)
    {
        _meters.Failed();
        if (comparison.Fail())
            LogFailed(exception, shadow.Id, reason);
    }

    [LoggerMessage(4020, LogLevel.Warning, "The shadow bundle {Bundle} cannot score a request; further ones are only counted: {Reason}")]
    private partial void LogFailed(Exception? exception, string bundle, string reason);
}
